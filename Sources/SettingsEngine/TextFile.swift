import Foundation

/// Small files that people write.
enum TextFile {
    /// - Parameter limit: bytes.
    static func read(_ path: String, limit: Int) throws(UnreadableFile) -> String {
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            data = try file.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw UnreadableFile(path: path, reason: "can't be read: does it exist, and may this user read it?")
        }
        guard data.count <= limit else { throw UnreadableFile(path: path, reason: "has more than \(limit) bytes") }
        guard let text = String(data: data, encoding: .utf8) else {
            throw UnreadableFile(path: path, reason: "is not text in UTF-8")
        }
        return text
    }
}

struct UnreadableFile: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): \(reason)" }
}
