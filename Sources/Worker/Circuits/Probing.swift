import Circuits
import Logging
import Model
import Requests

/// Sends probes past a closed gate: the oldest due delivery of a destination, or its health check where nothing waits.
struct Probing: Sendable {
    let worker: WorkerID
    let store: DeliveryStore
    let dispatcher: Dispatcher
    let outlet: Outlet
    let health: HealthStore
    let healthProbe: HealthProbe
    let logger: Logger

    /// nil: there was nothing to send.
    ///
    /// - Parameter skip: a request that may have been the fault of the last failure.
    func probe(_ key: CircuitKey, skip: RequestID?) async -> (request: RequestID?, signal: CircuitSignal)? {
        do {
            // In a task of its own, which a shutdown does not cancel: what was claimed unseen would wait for its lease's end.
            let claimed = try await Task {
                try await store.claimProbe(
                    shard: key.shard, tenant: key.tenant, destination: key.destination, worker: worker, skip: skip)
            }.value
            if let claimed { return (claimed.request, await send(claimed)) }
            return try await check(key).map { (nil, $0) }
        } catch {
            logger.warning("no probe sent", metadata: ["destination": "\(key.destination)", "error": "\(error)"])
            return nil
        }
    }

    private func send(_ delivery: Delivery) async -> CircuitSignal {
        let task = Task(executorPreference: outlet.executor) {
            await dispatcher.dispatch(delivery, through: outlet.deliverer, isProbe: true)
        }
        return await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Of several checks the first that may change the circuit. Its record and cadence stay as they are.
    private func check(_ key: CircuitKey) async throws -> CircuitSignal? {
        let checks = try await health.list(of: key.destination, tenant: key.tenant, shard: key.shard)
        guard let check = checks.first(where: { $0.definition.policy != .advisory }),
            let report = await healthProbe.run(check.definition)
        else { return nil }
        return CircuitSignal(report.result)
    }
}

extension CircuitSignal {
    fileprivate init(_ result: HealthCheck.Result) {
        switch result {
        case .success: self.init(.ok)
        case .failure(status: nil): self.init(.failure(.hard))
        case .failure: self.init(.failure(.answered))
        case .notRun: self.init(.ignored)
        }
    }
}
