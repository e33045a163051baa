/// Members in the order of their names' UTF-8 bytes, each name once. Names are told apart by code units, unlike the keys of
/// a `Dictionary`.
package struct JSONObject: Sendable {
    package typealias Member = (key: String, value: JSONValue)

    private var members: [Member] = []

    package init() {}

    /// Of members with the same name the last counts, as in JavaScript and in `jsonb`.
    package init(_ members: some Sequence<Member>) {
        let members = Array(members)
        // Programs mostly write them in order, and then nothing has to be sorted.
        guard zip(members, members.dropFirst()).contains(where: { !CodeUnits.precedes($0.key, $1.key) }) else {
            self.members = members
            return
        }
        let sorted = members.enumerated().sorted {
            CodeUnits.same($0.element.key, $1.element.key)
                ? $0.offset < $1.offset : CodeUnits.precedes($0.element.key, $1.element.key)
        }
        self.members.reserveCapacity(sorted.count)
        for (_, member) in sorted {
            if let last = self.members.last, CodeUnits.same(last.key, member.key) { self.members.removeLast() }
            self.members.append(member)
        }
    }

    /// Nil removes.
    package subscript(name: String) -> JSONValue? {
        get {
            let (index, isThere) = position(name)
            return isThere ? members[index].value : nil
        }
        set {
            let (index, isThere) = position(name)
            switch (newValue, isThere) {
            case (let value?, true): members[index].value = value
            case (let value?, false): members.insert((name, value), at: index)
            case (nil, true): members.remove(at: index)
            case (nil, false): break
            }
        }
    }

    package var keys: [String] { members.map(\.key) }

    package func filter(_ isIncluded: (Member) -> Bool) -> JSONObject {
        var filtered = JSONObject()
        filtered.members = members.filter(isIncluded)
        return filtered
    }

    /// Members of the other replace those of the same name.
    package func overlaid(by other: JSONObject) -> JSONObject {
        if isEmpty { return other }
        return other.isEmpty ? self : JSONObject(members + other.members)
    }

    /// Where the name is, or where it would be.
    private func position(_ name: String) -> (index: Int, isThere: Bool) {
        var (low, high) = (0, members.count)
        if high <= 8 {
            for index in members.indices where CodeUnits.same(members[index].key, name) { return (index, true) }
        }
        while low < high {
            let middle = (low + high) / 2
            if CodeUnits.precedes(members[middle].key, name) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && CodeUnits.same(members[low].key, name))
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(index: Int) -> Member { members[index] }
}

extension JSONObject: Equatable {
    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { CodeUnits.same($0.key, $1.key) && $0.value == $1.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }
}
