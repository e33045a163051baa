import CoreMetrics
import Telemetry

/// What is measured of claims and of what came of them.
struct ClaimMetrics: Sendable {
    let found = Counter(.claims, "found")
    let empty = Counter(.claims, "empty")
    let failed = Counter(.claims, "failed")
    let underWay = Meter(.deliveriesUnderWay)
    let slots = Meter(.deliverySlots)
}
