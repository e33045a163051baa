import Circuits
import Model
import Requests
import Tenants

/// Makes attempts of claimed deliveries, records their outcomes, and tells what they say of their destinations, of rollouts
/// and of the tenant's traffic.
struct Dispatcher: Sendable {
    let reporter: Reporter
    let watch: CircuitWatch
    let policies: CircuitPolicies
    let rollouts: RolloutCounts
    let traffic: Traffic
    let destination: @Sendable (LaneID) async -> Destination?

    /// Returns when the outcome is recorded.
    ///
    /// - Parameter isProbe: is sent past a closed gate.
    @discardableResult
    func dispatch(_ delivery: Delivery, through deliverer: Deliverer, isProbe: Bool = false) async -> CircuitSignal {
        guard let destination = await destination(delivery.lane) else {
            await reporter.report(Report(delivery, Outcome(.returned, .returned)))
            return CircuitSignal(.ignored)
        }
        let key = CircuitKey(
            shard: delivery.lane.shard, tenant: destination.tenant, destination: destination.id)
        let outcome =
            isProbe || watch.maySend(to: key, claimedIn: delivery.epoch)
            ? await deliverer.deliver(delivery, to: destination.settings) : Outcome(.returned, .returned)
        let signal = CircuitSignal(
            outcome.attemptClass, latency: outcome.latency, slowAfter: policies.policy(key)?.slowAfter,
            retryAfter: outcome.retryAfter)
        let mark = DestinationMark(destination.id, signal: signal.word, isSlow: signal.isSlow)
        if await reporter.report(Report(delivery, outcome, mark: mark)) {
            watch.note(signal, of: key, claimedIn: delivery.epoch)
            rollouts.note(outcome, of: delivery)
            traffic.attempted(outcome.verdict, of: delivery.tenant, shard: delivery.lane.shard)
        }
        return signal
    }
}
