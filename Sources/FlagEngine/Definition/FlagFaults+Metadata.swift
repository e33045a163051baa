import JSON

extension FlagFaults {
    /// Strings, numbers and booleans; null is left out.
    mutating func metadata(_ value: JSONValue?, _ pointer: JSONPointer) -> JSONObject {
        guard let value, value != .null else { return [:] }
        guard case .object(let members) = value, members.count <= FlagLimits.metadata else {
            refuse(pointer, "must be an object of \(FlagLimits.metadata) members at most")
            return [:]
        }
        return members.filter { name, value in
            if name.utf8.count > FlagLimits.nameBytes {
                refuse(pointer / name, "has a longer name than \(FlagLimits.nameBytes) bytes")
            }
            switch value {
            case .null: return false
            case .number(let number) where !number.value.isFinite:
                refuse(pointer / name, "is beyond what a double can hold")
                return false
            case .bool, .string, .number: return true
            case .array, .object:
                add(.violation, pointer / name, "must be a string, a number or a boolean, so it is left out")
                return false
            }
        }
    }
}
