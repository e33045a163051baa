package import FlagEngine
import FoundationEssentials
import JSON
package import Model
import Synchronization

/// A set of flags that a process holds. It is compiled when it is first asked for: most processes never evaluate most sets.
package final class FlagSnapshot: Sendable {
    package struct Compiled: Sendable {
        package let all: FlagSet
        /// Those that keys may evaluate which can't be kept secret.
        package let clientVisible: FlagSet
        /// Rollouts that are under way, by the key of their flag.
        package let rollouts: [String: FlagRollout]
    }

    package let contents: FlagSetContents
    private let state = Mutex(Compiled?.none)

    init(_ contents: FlagSetContents) { self.contents = contents }

    package var version: Int64 { contents.version }

    package var compiled: Compiled {
        state.withLock { state in
            if let state { return state }
            let compiled = Compiled(contents)
            state = compiled
            return compiled
        }
    }
}

/// A rollout as it is for who evaluates its flag.
package struct FlagRollout: Sendable, Hashable {
    package let id: RolloutID
    package let step: Int16
    /// The attribute of the context that is hashed.
    package let unit: String
    package let control: String
    package let treatment: String

    /// nil for what is no rollout.
    init?(_ json: JSONValue) {
        guard case .object(let members) = json, case .string(let id)? = members["id"], let id = RolloutID(id),
            case .number(let step)? = members["step"], let step = Int16(exactly: step.value),
            case .string(let unit)? = members["unit"], case .string(let control)? = members["control"],
            case .string(let treatment)? = members["treatment"]
        else { return nil }
        (self.id, self.step, self.unit, self.control, self.treatment) = (id, step, unit, control, treatment)
    }
}

extension FlagSnapshot.Compiled {
    init(_ contents: FlagSetContents) {
        let document = contents.document
        all = Self.set(document, contents.bucketing)
        var visible = document
        visible.flags = document.flags.filter { contents.clientVisible.contains($0.key) }
        clientVisible = Self.set(visible, contents.bucketing)
        var rollouts: [String: FlagRollout] = [:]
        for item in contents.items where !item.rollout.isEmpty {
            rollouts[item.key] = FlagRollout(FlagSetContents.value(item.rollout))
        }
        self.rollouts = rollouts
    }

    /// What was stored has been checked, but perhaps by another version: what this one refuses is left out, and nothing else.
    private static func set(_ document: FlagDocument, _ bucketing: Bucketing) -> FlagSet {
        if let set = try? FlagSet(document, bucketing: bucketing) { return set }
        var sound = document
        sound.flags = document.flags.filter { flag in
            var alone = document
            alone.flags = [flag]
            return (try? FlagSet(alone, bucketing: bucketing)) != nil
        }
        return (try? FlagSet(sound, bucketing: bucketing)) ?? .empty
    }
}
