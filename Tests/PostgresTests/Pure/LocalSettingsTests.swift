import Testing

@testable import Postgres

extension Pure {
    struct LocalSettingsTests {
        private func settings(_ values: [String: String]) async -> LocalSettings {
            var settings = LocalSettings()
            for (name, value) in values {
                settings = await LocalSettings.$current.withValue(settings) {
                    await LocalSettings.with(name, value) { LocalSettings.current }
                }
            }
            return settings
        }

        private func changes(_ from: [String: String], _ to: [String: String]) async -> [String] {
            let (from, to) = (await settings(from), await settings(to))
            return to.changes(from: from).map { "\($0.name)=\($0.value)" }
        }

        @Test func aTransactionIsToldWhatChanges() async {
            #expect(await changes([:], [:]) == [])
            #expect(await changes([:], ["a": "1", "b": "2"]) == ["a=1", "b=2"])
            #expect(await changes(["a": "1"], ["a": "1"]) == [])
            #expect(await changes(["a": "1"], ["a": "2"]) == ["a=2"])
            #expect(await changes(["a": "1"], ["b": "1"]) == ["a=", "b=1"])
            #expect(await changes(["a": "1"], [:]) == ["a="])
        }

        /// Those of a task go over those of the client.
        @Test func theyGoInOneStatementWhereItIsParsedEachTime() async {
            let session = LocalSettings([("role", "a"), ("time", "1")])
            let all = await settings(["time": "2", "who": "b"]).over(session)
            #expect(all.values == ["role": "a", "time": "2", "who": "b"])
            #expect(all.statements(after: LocalSettings(), prepared: true).count == 3)
            let parsed = all.statements(after: session, prepared: false)
            #expect(parsed.map(\.statement.sql) == ["SELECT set_config($1, $2, true), set_config($3, $4, true)"])
            #expect(parsed.first?.parameters.bytes == Array("time2whob".utf8))
            #expect(all.statements(after: all, prepared: false).isEmpty)
        }

        @Test func theyAreThoseOfTheTaskAndItsChildren() async {
            await LocalSettings.with("a", "1") {
                async let child = LocalSettings.current.values
                await LocalSettings.with("b", "2") {
                    #expect(LocalSettings.current.values == ["a": "1", "b": "2"])
                }
                #expect(await child == ["a": "1"])
            }
            #expect(LocalSettings.current == LocalSettings())
        }
    }
}
