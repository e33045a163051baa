import NIOHTTP1

extension Problem {
    /// What is wrong with what a peer sent.
    init(reading error: any Error) {
        self =
            switch error {
            case HTTPParserError.headerOverflow:
                Problem(.headTooLarge, "Shorten the URL or the headers, or send fewer of them.")
            case HTTPParserError.invalidEOFState:
                Problem(.invalidRequest, "The connection was closed before the request's end.")
            case let error as HTTPParserError: Problem(.invalidRequest, "The request is not HTTP/1.1: \(error).")
            default: Problem(.invalidRequest, "The request is not HTTP/1.1.")
            }
    }
}
