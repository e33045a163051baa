import HTTPTypes
import Logging
import Model
import Requests
import Tenants

/// Holds the answers of callers that prefer to wait for the outcome.
struct OutcomeWaiting: Sendable {
    let waiters: OutcomeWaiters
    let reader: RequestReader
    let logger: Logger

    /// The request with the mark that somebody waits; as it is where too many do.
    func enter(_ request: NewRequest) -> (request: NewRequest, isAwaited: Bool) {
        guard waiters.enter(request.id) else { return (request, false) }
        var awaited = request
        awaited.isAwaited = true
        return (awaited, true)
    }

    /// The outcome where it comes in time, else the acceptance. Must be called once for each request that has entered.
    func answer(_ acceptance: Acceptance, to request: NewRequest, _ preference: Preference) async -> Answer {
        var answer = acceptance.answer
        do {
            if let outcome = try await outcome(acceptance, of: request, preference) {
                answer = outcome.answer(acceptance)
            } else if acceptance.isReplayed {
                return answer
            }
            answer.head.headerFields[.preferenceApplied] = "wait=\(preference.seconds)"
        } catch {
            // It is stored, which is what counts; what became of it can be looked up.
            logger.warning("outcome not read", metadata: ["request_id": "\(request.id)", "error": "\(error)"])
        }
        return answer
    }

    private func outcome(
        _ acceptance: Acceptance, of request: NewRequest, _ preference: Preference
    ) async throws -> RequestOutcome? {
        defer { waiters.leave(request.id) }
        let (tenant, shard) = (request.tenant, request.addressee.shard)
        // A capture has no route that would have set the scope.
        return try await TenantScope.run(tenant) {
            // The first request of the key is not marked: its end would not be heard.
            if acceptance.isReplayed { return try await reader.outcome(acceptance.id, tenant: tenant, shard: shard) }
            return try await reader.outcome(
                request.id, tenant: tenant, shard: shard, among: waiters, upTo: .seconds(preference.seconds))
        }
    }
}

extension HTTPField.Name {
    static let prefer = known("Prefer")
    static let preferenceApplied = known("Preference-Applied")
}
