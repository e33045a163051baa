import Circuits
import Logging
import Model
import Requests

/// Sends probes: the oldest due delivery of a destination, past its closed gate.
struct Probing: Sendable {
    let worker: WorkerID
    let store: DeliveryStore
    let dispatcher: Dispatcher
    let outlet: Outlet
    let logger: Logger

    /// nil: there was nothing to send.
    ///
    /// - Parameter skip: a request that may have been the fault of the last failure.
    func probe(_ key: CircuitKey, skip: RequestID?) async -> (request: RequestID, signal: CircuitSignal)? {
        do {
            let claimed = try await store.claimProbe(
                shard: key.shard, tenant: key.tenant, destination: key.destination, worker: worker, skip: skip)
            guard let delivery = claimed else { return nil }
            let task = Task(executorPreference: outlet.executor) {
                await dispatcher.dispatch(delivery, through: outlet.deliverer, isProbe: true)
            }
            let signal = await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
            return (delivery.request, signal)
        } catch {
            logger.warning("no probe claimed", metadata: ["destination": "\(key.destination)", "error": "\(error)"])
            return nil
        }
    }
}
