import FlagEngine
import Tenants

extension Problem {
    init(_ refusal: FlagRefusal) {
        let kind: ProblemKind =
            switch refusal {
            case .unknownEnvironment, .unknownFlag, .unknownRevision, .unknownVariant: .notFound
            case .stale: .preconditionFailed
            case .tooManyEnvironments, .full: .tooManyFlags
            case .bucketingIsFixed: .bucketingFixed
            }
        self.init(kind, refusal.description.prefix(1).uppercased() + refusal.description.dropFirst() + ".")
    }
}

/// Runs a change of flags; throws a `Problem` in place of a refusal.
package func changingFlags<T>(_ change: () async throws -> T) async throws -> T {
    do {
        return try await change()
    } catch let refusal as FlagRefusal {
        throw Problem(refusal)
    } catch let error as InvalidDocument {
        throw Problem(.invalidFlag, error.faults)
    } catch let error as FlagDocumentError {
        throw Problem(.invalidFlag, error.faults.map { .init($0.pointer, $0.problem) })
    }
}
