import AsyncHTTPClient
import FoundationEssentials
import Model
import Requests
import Tenants

/// Makes one attempt of a delivery.
struct Deliverer: Sendable {
    let sender: HTTPSender

    /// Never fails: what goes wrong is the outcome. A cancelled attempt is handed back, unspent: its destination may see
    /// it twice, as at-least-once allows.
    func deliver(_ delivery: Delivery, to settings: DestinationSettings) async -> Outcome {
        if delivery.isExpired { return Outcome(.expired, .expired) }
        // Attempts that were lost with their workers count; what kills workers must not do so for ever.
        if delivery.attempt > settings.maxAttempts { return Outcome(.dead, .lost) }
        let now = Int64(Date().timeIntervalSince1970)
        let policy = OutcomePolicy(
            settings: settings, attempt: delivery.attempt, now: now, jitter: .random(in: 0..<1))
        let start = ContinuousClock.now
        do {
            let request = try HTTPClient.Request(delivery, to: settings, now: now)
            let result = try await sender.send(
                request, within: settings.timeout, connectTimeout: settings.connectTimeout)
            return switch result {
            case .success(let response): policy.outcome(response, latency: .now - start)
            case .failure(let failure): policy.outcome(failure, latency: .now - start)
            }
        } catch is CancellationError {
            return Outcome(.returned, .returned)
        } catch {
            return policy.outcome(AttemptFailure(error), latency: .now - start)
        }
    }
}
