import AsyncHTTPClient
import FoundationEssentials
import Instrumentation
import Model
import Requests
import Tenants

/// Makes one attempt of a delivery.
struct Deliverer: Sendable {
    let sender: HTTPSender
    let credentials: Credentials

    /// Never fails: what goes wrong is the outcome. A cancelled attempt is handed back, unspent: its destination may see
    /// it twice, as at-least-once allows.
    func deliver(_ delivery: Delivery, to settings: DestinationSettings) async -> Outcome {
        if delivery.isExpired { return Outcome(.expired, .expired) }
        // Attempts that were lost with their workers count; what kills workers must not do so for ever.
        if delivery.attempt > settings.retry.maxAttempts { return Outcome(.dead, .lost) }
        guard let span = DeliverySpan(delivery, to: settings) else {
            return await attempt(delivery, to: settings, traceparent: nil)
        }
        let outcome = await InstrumentationContext.withValue(span.context) {
            await attempt(delivery, to: settings, traceparent: span.traceparent)
        }
        span.end(outcome)
        return outcome
    }

    private func attempt(
        _ delivery: Delivery, to settings: DestinationSettings, traceparent: String?
    ) async -> Outcome {
        let now = Int64(Date().timeIntervalSince1970)
        let policy = OutcomePolicy(
            settings: settings, attempt: delivery.attempt, now: now, jitter: .random(in: 0..<1))
        let start = ContinuousClock.now
        do {
            if settings.fault != nil {
                throw AttemptFailure(
                    .noCredentials, "the destination's secrets can't be read here; its operator's log says why")
            }
            let authorization = try await credentials.authorization(settings, of: delivery.tenant)
            let request = try HTTPClient.Request(
                delivery, to: settings, authorization: authorization?.text,
                tls: try credentials.tls.configuration(settings.tls), traceparent: traceparent, now: now)
            // Whatever a token took is gone from the attempt's time.
            let left = max(settings.timeout - (.now - start), .milliseconds(1))
            switch try await sender.send(request, within: left, connectTimeout: settings.connectTimeout) {
            case .success(let response):
                let isStaleToken =
                    response.status == 401
                    && credentials.refused(authorization, by: settings, of: delivery.tenant, attemptBegan: start)
                return policy.outcome(response, isStaleToken: isStaleToken, latency: .now - start)
            case .failure(let failure):
                return policy.outcome(failure, latency: .now - start)
            }
        } catch is CancellationError {
            return Outcome(.returned, .returned)
        } catch {
            return policy.outcome(AttemptFailure(error), latency: .now - start)
        }
    }
}
