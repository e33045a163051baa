import ArgumentParser
import Foundation
import JSON

/// How a command answers. Standard output holds what was asked for; what else there is to say goes to standard error.
struct OutputOptions: ParsableArguments {
    static let flag = "--json"

    @Flag(help: "Print JSON, with the names of the HTTP API.") var json = false

    /// One answer: a line for people, an object for programs.
    func answer(_ text: String, json object: @autoclosure () -> String) {
        print(json ? object() : text)
    }

    /// One answer of a few values.
    func answer(_ text: String, _ members: KeyValuePairs<String, JSONValue>) {
        answer(text, json: JSONValue.object(JSONObject(members)).text)
    }

    func document(_ document: JSONValue) {
        if json { return print(document.text) }
        for line in Sheet(document, width: Terminal.width).lines { print(line) }
    }

    /// - Parameter text: JSON.
    func document(json text: String) throws {
        if json { return print(text) }
        document(try JSONValue(parsing: Array(text.utf8)))
    }

    /// One thing: a table of one row, or an object.
    func one<Item>(_ item: Item, as listing: Listing<Item>) {
        if json { return print(listing.json(item)) }
        list([item], as: listing)
    }

    func list<Item>(_ items: [Item], as listing: Listing<Item>) {
        if json { return print(listing.json(items)) }
        for line in listing.lines(items, width: Terminal.width) { print(line) }
    }
}

/// What people should know besides; not part of an answer.
func remark(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
