import Logging
import Telemetry

extension Settings {
    func logger() -> Logger {
        let format = self.logFormat
        var logger = Logger(label: "sluice") { label -> any LogHandler in
            switch format {
            case .json: JSONLogHandler(metadataProvider: .trace)
            case .text: StreamLogHandler.standardError(label: label, metadataProvider: .trace)
            }
        }
        logger.logLevel = self.logLevel
        return logger
    }
}
