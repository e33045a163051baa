package import JSON
import Model

extension RolloutMark {
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", rollout.description)
            writer.name("step")
            writer.number(step)
            writer.name("treatment")
            writer.bool(isTreatment)
            writer.member("unit", unit)
        }
    }

    /// Of what was written; nil for what a later version has written otherwise.
    init?(_ text: String) {
        guard case .object(let members)? = try? JSONValue(parsing: Array(text.utf8)),
            case .string(let id)? = members["id"], let id = RolloutID(id), case .number(let step)? = members["step"],
            let step = Int16(exactly: step.value), case .bool(let isTreatment)? = members["treatment"],
            case .string(let unit)? = members["unit"]
        else { return nil }
        self.init(id, step: step, isTreatment: isTreatment, unit: unit)
    }
}
