import Foundation
import Postgres
import SettingsEngine

/// Whether files with secrets are readable by more than they should.
enum SecretFiles {
    static func findings(_ settings: Settings) -> [Finding] {
        let declared = Catalogue.declared
        // A connection string may be, but for a password.
        let harmless = [declared.databaseURL, declared.databaseDirectURL, declared.databaseReplicaURL].filter {
            settings.values[$0]?["password"] == nil
        }.map(\.name)
        return settings.values.secretFiles.compactMap { name, label, path in
            let isPublic = harmless.contains(name)
            let attributes = try? FileManager.default.attributesOfItem(atPath: resolved(path))
            guard let mode = attributes?[.posixPermissions] as? Int, mode & 0o004 != 0, !isPublic else { return nil }
            return .doubtful("secret_files", "\(label): every user may read \(path)", "Run: chmod o-r \(path)")
        }
    }

    /// What Kubernetes mounts are links.
    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
