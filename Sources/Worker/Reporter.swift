import CoreMetrics
import Logging
import Model
import Postgres
import Requests
import ServiceLifecycle
import Telemetry

/// Records outcomes in batches, and arms the lanes whose retries or free slots may have made them runnable.
struct Reporter: Service {
    /// Outcomes that can't be recorded for this long are given up: by then their leases have been rescued.
    static let deadline = Duration.seconds(120)

    private let commits: GroupCommit<Report, Bool>
    private let lost = Counter(.leasesLost)
    private let unrecorded = Counter(.outcomesUnrecorded)
    private let logger: Logger

    /// Waiting outcomes are bounded by the worker's slots, which are released only when their outcome is recorded.
    init(_ store: DeliveryStore, arm: ArmLoop, logger: Logger) {
        self.logger = logger
        commits = GroupCommit(
            limits: .init(
                batchItems: 512, batchBytes: 8 << 20, concurrency: 1, waitingItems: .max, waitingBytes: .max)
        ) { reports, deadline in
            let counted = try await store.report(reports, within: deadline)
            arm.arm(reports.map(\.lane))
            return counted
        }
    }

    /// Returns when the outcome is recorded, or can't be; never throws, since nobody could do anything about it. False:
    /// the outcome did not count.
    @discardableResult
    func report(_ report: Report) async -> Bool {
        do {
            let counted = try await commits.submit(report, bytes: report.bytes, within: Self.deadline)
            if !counted {
                lost.increment()
                logger.notice("late outcome dropped", metadata: ["request_id": "\(report.request)"])
            }
            return counted
        } catch {
            unrecorded.increment()
            logger.error(
                "outcome not recorded; it will be delivered again",
                metadata: ["request_id": "\(report.request)", "error": "\(error)"])
            return false
        }
    }

    func run() async throws { try await commits.run() }
}
