import Foundation

/// The terminal on standard output.
enum Terminal {
    struct Size: Equatable {
        var columns: Int
        var rows: Int
    }

    /// nil where standard output is none: a pipe or a file.
    static var size: Size? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        // A terminal that does not know its size says zero.
        return size.ws_col > 0 && size.ws_row > 0
            ? Size(columns: Int(size.ws_col), rows: Int(size.ws_row)) : Size(columns: 80, rows: 24)
    }

    static var width: Int? { size?.columns }
}
