import Foundation
import Postgres
import SettingsEngine

/// Whether files with secrets are readable by more than they should.
enum SecretFiles {
    static func findings(_ settings: Settings) -> [Examination.Finding] {
        settings.reading.secretFiles.compactMap { name, label, path in
            // A connection string may be, but for a password.
            let isPublic = name == Catalogue.declared.databaseURL.name && settings.databaseURL?["password"] == nil
            let attributes = try? FileManager.default.attributesOfItem(atPath: resolved(path))
            guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o004 != 0, !isPublic else { return nil }
            return Examination.Finding(
                severity: .doubtful, text: "\(label): every user may read \(path)", remedy: "Run: chmod o-r \(path)")
        }
    }

    /// What Kubernetes mounts are links.
    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
