/// What the outcome of a call tells the circuit.
package struct CircuitSignal: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The destination answered, whatever it thought of the request.
        case ok
        case failure(Failure)
        /// The destination asks for less: it is up.
        case pushback
        /// Says nothing about the destination: its lease goes back, and nothing is counted.
        case ignored
    }

    package enum Failure: String, Sendable, CaseIterable {
        /// No connection: any other request would have fared the same.
        case hard
        /// As `hard`, and will not heal in seconds.
        case lasting
        /// The answer tells of trouble before or behind the destination.
        case answered
        /// A 500 may be the fault of the request: it counts once per request id and window.
        case serverError = "server_error"
        /// The connection stood, but no whole answer came.
        case broken
        /// The resolver failed: counts when at least two workers see it.
        case unresolved

        /// Whether the request may be to blame, so that the next probe should be another.
        package var mayBeTheRequest: Bool { self == .answered || self == .serverError || self == .broken }
    }

    package var kind: Kind
    package var isSlow: Bool
    /// What the destination asked for with a pushback or a failure.
    package var retryAfter: Duration?

    package init(_ kind: Kind, isSlow: Bool = false, retryAfter: Duration? = nil) {
        self.kind = kind
        self.isSlow = isSlow
        self.retryAfter = retryAfter
    }

    /// Whether the call shows that this worker's own network works.
    package var provesEgress: Bool {
        switch kind {
        case .ok, .pushback, .failure(.answered), .failure(.serverError): true
        case .failure, .ignored: false
        }
    }
}

extension CircuitSignal {
    /// The word for it in a report.
    package var word: String {
        switch kind {
        case .ok: "ok"
        case .failure(.hard), .failure(.answered), .failure(.broken): "fail"
        case .failure(.lasting): "lasting"
        case .failure(.serverError): "server_error"
        case .failure(.unresolved): "unresolved"
        case .pushback: "pushback"
        case .ignored: "ignored"
        }
    }
}
