import Model

extension Scenario {
    /// What `do` may say.
    enum Word: String, CaseIterable {
        case ok, fail, slow, ignored, pushback
        case lateOK = "late_ok"
        case lateFail = "late_fail"
        /// A call whose outcome is told by `status` or `class`.
        case call
        case acquire, release, advance, auto, observe
        case forceOpen = "force_open"
        case forceClosed = "force_closed"
        case reset, hold
        case probeNow = "probe_now"
        case setLimit = "set_limit"
        case healthUp = "health_up"
        case healthDown = "health_down"
        /// Requests wait, as they do at first; `drained`: none do.
        case backlog, drained
    }
}

extension Scenario.Step: Decodable {
    enum Key: String, CodingKey, CaseIterable {
        case `do`, times, seconds, request, worker, status, `class`, health, limit
        case retryAfter = "retry_after_s"
        case expect
        case expectGranted = "expect_granted"
        case expectEpoch = "expect_epoch"
        case expectLimit = "expect_limit"
        case expectRetry = "expect_retry_s"
        case expectEvent = "expect_event"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: Key.self)
        let word = try container.word(Scenario.Word.self, forKey: .do)
        self.word = word?.rawValue
        action = try word.map { try container.action($0) }
        times = try container.decodeIfPresent(Int.self, forKey: .times) ?? 1
        guard 1...100_000 ~= times else { throw container.invalid(.times, "\(times)", "1 to 100000") }
        request = try container.decodeIfPresent(String.self, forKey: .request)
        worker = try container.decodeIfPresent(String.self, forKey: .worker) ?? ""
        expected = try Expectation(container)
        guard action != nil || expected != Expectation() else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "neither does nor expects anything"))
        }
    }
}

extension KeyedDecodingContainer<Scenario.Step.Key> {
    func action(_ word: Scenario.Word) throws -> Scenario.Step.Action {
        let retryAfter = try seconds(.retryAfter)
        switch word {
        case .ok: return .call(.init(.ok))
        case .fail: return .call(.init(.failure(.answered), retryAfter: retryAfter))
        case .slow: return .call(.init(.ok, isSlow: true))
        case .ignored: return .call(.init(.ignored))
        case .pushback: return .call(.init(.pushback, retryAfter: retryAfter))
        case .lateOK: return .late(.init(.ok))
        case .lateFail: return .late(.init(.failure(.answered)))
        case .call: return .call(try outcome(retryAfter))
        case .acquire: return .acquire
        case .release: return .release
        case .advance: return .advance(try required(.seconds))
        case .auto: return .mode(.auto, for: nil)
        case .observe: return .mode(.observe, for: try seconds(.seconds))
        case .forceOpen: return .mode(.forcedOpen, for: try seconds(.seconds))
        case .forceClosed: return .mode(.forcedClosed, for: try seconds(.seconds))
        case .reset: return .reset
        case .hold: return .hold(try required(.seconds))
        case .probeNow: return .probeNow
        case .setLimit: return .setLimit(try decodeIfPresent(Int.self, forKey: .limit))
        case .healthUp: return .health(isUp: true, try self.word(HealthPolicy.self, forKey: .health) ?? .canary)
        case .healthDown: return .health(isUp: false, try self.word(HealthPolicy.self, forKey: .health) ?? .canary)
        case .backlog: return .backlog(isEmpty: false)
        case .drained: return .backlog(isEmpty: true)
        }
    }

    private func outcome(_ retryAfter: Duration?) throws -> CircuitSignal {
        let status = try decodeIfPresent(Int.self, forKey: .status)
        guard let attempt = try status.map({ AttemptClass(status: $0) }) ?? word(AttemptClass.self, forKey: .class)
        else {
            throw invalid(.do, "a call without an outcome", "a call with status or class")
        }
        return CircuitSignal(attempt, retryAfter: retryAfter)
    }

    private func required(_ key: Key) throws -> Duration {
        guard let duration = try seconds(key) else { throw invalid(key, "missing", "a number from 0") }
        return duration
    }

    private func seconds(_ key: Key) throws -> Duration? {
        guard let seconds = try decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard 0...1e9 ~= seconds else { throw invalid(key, "\(seconds)", "a number from 0 to 1e9") }
        return Duration(seconds: seconds)
    }
}
