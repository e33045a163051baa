import HTTPTypes
import JSON
import Logging
import Model
import Requests

/// Stores the requests that one call has made, and answers it.
struct RequestIntake: Sendable {
    let configuration: APIConfiguration
    let store: RequestStore
    let waiting: OutcomeWaiting
    let logger: Logger

    /// What went nowhere has no outcome to wait for.
    func respond(toOne request: NewRequest, _ preference: Preference?) async throws -> Answer {
        guard let preference, !request.addressee.lanes.isEmpty else { return try await accept(request).answer }
        let (awaited, isAwaited) = waiting.enter(request)
        guard isAwaited else { return try await accept(request).answer }
        let acceptance: Acceptance
        do {
            acceptance = try await accept(awaited)
        } catch {
            waiting.waiters.leave(request.id)
            throw error
        }
        return await waiting.answer(acceptance, to: request, preference)
    }

    private func accept(_ request: NewRequest) async throws -> Acceptance {
        do {
            return try Acceptance(
                try await store.store(request, within: configuration.storeDeadline), of: request.id)
        } catch {
            throw Problem(error, storing: request.id, logger: logger)
        }
    }

    /// One bad item changes nothing for the others.
    func respond(toBatch items: [Result<NewRequest, any Error>]) async -> Answer {
        let results = await storeAll(items)
        var writer = JSONWriter()
        var areAllStored = true
        writer.object { writer in
            writer.name("results")
            writer.array { writer in
                for result in results {
                    switch result {
                    case .success(let acceptance): acceptance.write(to: &writer)
                    case .failure(let problem):
                        areAllStored = false
                        problem.write(to: &writer)
                    }
                }
            }
        }
        return Answer(areAllStored ? .accepted : HTTPResponse.Status(code: 207), json: writer)
    }

    /// In the order of the items, which share their commits.
    private func storeAll(_ items: [Result<NewRequest, any Error>]) async -> [Result<Acceptance, Problem>] {
        let requests = items.compactMap { try? $0.get() }
        var outcomes = await store.storeAll(requests, within: configuration.storeDeadline).makeIterator()
        return items.map { item in
            var id: RequestID?
            do {
                let request = try item.get()
                id = request.id
                guard let outcome = outcomes.next() else { preconditionFailure("an outcome for each request") }
                return .success(try Acceptance(try outcome.get(), of: request.id))
            } catch {
                return .failure(Problem(error, storing: id, logger: logger))
            }
        }
    }
}
