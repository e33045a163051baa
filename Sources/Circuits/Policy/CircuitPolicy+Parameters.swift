extension CircuitPolicy {
    package static let parameters: [PolicyParameter<Self>] = [
        .seconds("window_s", \.window),
        .seconds("bucket_s", \.bucket),
        .count("window_calls", \.windowCalls, from: 0),
        .count("min_calls", \.minCalls),
        .ratio("fail_ratio", \.failRatio),
        .count("consecutive", \.consecutive, from: 0),
        .flag("consecutive_since_success", \.consecutiveSinceSuccess),
        .flag("distinct_500", \.distinct500),
        .seconds("timeout_s", \.timeout),
        .ratio("slow_threshold", \.slowThreshold),
        .ratio("slow_ratio", \.slowRatio),
        .seconds("wait_base_s", \.waitBase),
        .seconds("wait_base_lasting_s", \.waitBaseLasting),
        .number("wait_factor", \.waitFactor, 1...10, "1 (a fixed wait) to 10"),
        .seconds("wait_cap_s", \.waitCap),
        .number("wait_jitter", \.waitJitter, 0...0.9, "0 to 0.9"),
        .seconds("retry_after_cap_s", \.retryAfterCap),
        .seconds("pushback_wait_s", \.pushbackWait),
        .seconds("forgive_after_s", \.forgiveAfter),
        .count("probes_needed", \.probesNeeded),
        .count("probes_allowed", \.probesAllowed),
        .count("concurrent_probes", \.concurrentProbes),
        .flag("first_probe_decides", \.firstProbeDecides),
        .seconds("lease_slack_s", \.leaseSlack),
        .count("lost_leases", \.lostLeases, from: 0),
        .seconds("half_open_limit_s", \.halfOpenLimit),
        .flag("ramp", \.ramp),
        .count("ramp_min_calls", \.rampMinCalls),
        .ratio("ramp_fail_ratio", \.rampFailRatio),
        .count("ramp_consecutive", \.rampConsecutive, from: 0),
        .count("max_in_flight", \.maxInFlight),
        .count("flap_openings", \.flapOpenings, from: 0),
        .seconds("flap_window_s", \.flapWindow),
        .number("flap_factor", \.flapFactor, 1...100, "1 to 100"),
        .count("alibi_calls", \.alibiCalls, from: 0),
        .seconds("alibi_s", \.alibiTime),
    ]

    package var contradictions: [PolicyError.Problem] {
        var problems: [PolicyError.Problem] = []
        func require(_ isMet: Bool, _ name: String, _ relation: String, _ other: String) {
            guard !isMet else { return }
            let allowed = "\(relation) \(other), which is \(value(of: other))"
            problems.append(.init(parameter: name, found: value(of: name), allowed: allowed))
        }
        require(windowCalls > 0 || window > timeout, "window_s", "more than", "timeout_s")
        require(bucket <= window, "bucket_s", "at most", "window_s")
        require(waitCap >= waitBase, "wait_cap_s", "at least", "wait_base_s")
        require(windowCalls == 0 || minCalls <= windowCalls, "min_calls", "at most", "window_calls")
        require(probesNeeded <= probesAllowed, "probes_needed", "at most", "probes_allowed")
        require(concurrentProbes <= probesAllowed, "concurrent_probes", "at most", "probes_allowed")
        return problems
    }

    private func value(of name: String) -> String {
        Self.parameters.first { $0.name == name }.map { "\($0.value(self))" } ?? ""
    }
}
