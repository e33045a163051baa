import Synchronization

/// A value that a test and the code under test both touch.
package final class Shared<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: Value) { mutex = Mutex(value) }

    package var value: Value { mutex.withLock { $0 } }

    package func update(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}
