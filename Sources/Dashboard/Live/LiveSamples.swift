import Model
import Synchronization
import Tenants

/// Looks at pages for all streams of the same page together.
final class LiveSamples: Sendable {
    /// Whose page. Operators have other links than tenants.
    struct Key: Hashable {
        let isOperator: Bool
        let tenant: TenantID?
        let target: String

    }

    private struct Sample {
        let at: ContinuousClock.Instant
        let regions: Task<[Region], any Error>
    }

    private let samples = Mutex<[Key: Sample]>([:])

    /// What another stream has read within the interval, or is reading; else what `read` reads.
    func regions(
        _ key: Key, now: ContinuousClock.Instant = .now, _ read: @escaping @Sendable () async throws -> [Region]
    ) async throws -> [Region] {
        let sample = samples.withLock { samples in
            if let sample = samples[key], now - sample.at < LiveStream.interval { return sample }
            // As many stay as streams have asked for within the interval.
            samples = samples.filter { now - $0.value.at < LiveStream.interval }
            let sample = Sample(at: now, regions: Task { try await read() })
            samples[key] = sample
            return sample
        }
        return try await sample.regions.value
    }
}

extension LiveSamples.Key {
    init(_ visit: Visit) {
        let isOperator = if case .operator = visit.viewer { true } else { false }
        self.init(isOperator: isOperator, tenant: visit.tenant?.id, target: visit.target)
    }
}
