import ArgumentParser

/// How many rows a list prints at most: all of them are held in memory.
struct ListLimit: ExpressibleByArgument, Equatable {
    private static let most = 100_000

    let count: Int

    init(_ count: Int) { self.count = count }

    init?(argument: String) {
        guard let count = Int(argument), 1...Self.most ~= count else { return nil }
        self.count = count
    }

    var defaultValueDescription: String { "\(count)" }
}
