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
