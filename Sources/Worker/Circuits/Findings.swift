import Circuits

/// Outcomes of a destination since its circuit was last judged here, as far as they matter; pure.
struct Findings {
    private var epoch: Int64 = 0
    private var isFailing = false
    private var pushbacks = 0
    private var retryAfter: Duration?

    init(epoch: Int64 = 0) { self.epoch = epoch }

    /// Whether a closed circuit without a limit is to be judged for it.
    static func matter(_ signal: CircuitSignal) -> Bool {
        switch signal.kind {
        case .failure, .pushback: true
        case .ok: signal.isSlow
        case .ignored: false
        }
    }

    mutating func add(_ signal: CircuitSignal, epoch: Int64) {
        guard epoch >= self.epoch else { return }
        if epoch > self.epoch { self = Findings(epoch: epoch) }
        switch signal.kind {
        case .failure: isFailing = true
        case .pushback:
            pushbacks += 1
            retryAfter = [retryAfter, signal.retryAfter].compactMap { $0 }.max()
        case .ok: if signal.isSlow { isFailing = true }
        case .ignored: break
        }
    }

    /// What the machine is to be asked.
    func inputs(_ reading: CircuitReading, _ sums: WindowSums) -> [Circuit.Input] {
        var inputs: [Circuit.Input] = []
        if pushbacks > 0 { inputs.append(.pushback(count: pushbacks, retryAfter: retryAfter, epoch: epoch)) }
        if isFailing { inputs.append(.evaluate(sums, epoch: epoch)) }
        if reading.circuit.limit != nil { inputs.append(.tick(LimitSample(reading, sums), epoch: epoch)) }
        return inputs
    }
}
