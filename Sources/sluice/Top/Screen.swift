import Foundation

/// The terminal's other screen, with keys as they are pressed. Whoever makes one restores the terminal in the end.
struct Screen {
    private let before: termios

    /// nil where standard input or output is no terminal.
    init?() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else {
            return nil
        }
        before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // A read returns at once, with what there is: none of the threads that tasks share waits for a key.
        withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            characters[Int(VMIN)] = 0
            characters[Int(VTIME)] = 0
            // Who stops it would be left on this screen.
            characters[Int(VSUSP)] = 0
        }
        guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
        // The other screen, without a cursor.
        Self.write("\u{1b}[?1049h\u{1b}[?25l")
    }

    func restore() {
        var settings = before
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        Self.write("\u{1b}[?25h\u{1b}[?1049l")
    }

    /// Line by line over what is there, so that nothing flickers.
    func show(_ lines: [String]) {
        let text = lines.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n")
        Self.write("\u{1b}[H" + text + "\u{1b}[J")
    }

    /// What was typed since the last call, at most 64 bytes.
    func typed() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : []
    }

    private static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
