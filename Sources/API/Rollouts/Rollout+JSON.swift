package import JSON
import Model
import Postgres
package import Tenants

extension Rollout {
    package var shown: JSONValue {
        .object([
            "id": .string(id.description), "status": .string(status), "hold_reason": text(holdReason),
            "control": .string(control), "treatment": .string(treatment), "unit": .string(unit),
            "seed": .string(seed), "steps": steps, "guard": protection, "step": .number(JSONNumber(step)),
            "approved": .bool(isApproved), "started_by": .string(startedBy),
            "started_at": .string(startedAt.rfc3339), "step_started_at": .string(stepStartedAt.rfc3339),
            "ended_at": text(endedAt?.rfc3339), "verdict": verdict ?? .null,
        ])
    }

    private func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
