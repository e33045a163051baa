import Testing

@testable import Postgres

extension Pure {
    @Suite struct ConnectionSettingsTests {
        @Test func readsURLs() throws {
            let settings = try ConnectionSettings(
                "postgresql://me:s%40fe@one.example:5433/app?sslmode=verify-full&connect_timeout=3")
            #expect(settings["host"] == "one.example")
            #expect(settings["port"] == "5433")
            #expect(settings["user"] == "me")
            #expect(settings["password"] == "s@fe")
            #expect(settings["dbname"] == "app")
            #expect(settings["sslmode"] == "verify-full")
            #expect(settings["application_name"] == nil)
        }

        @Test func readsKeywords() throws {
            let settings = try ConnectionSettings("host='/a dir' user=me dbname=app password='it\\'s'")
            #expect(settings["host"] == "/a dir")
            #expect(settings["password"] == "it's")
        }

        @Test func setsOverAndUnder() throws {
            let settings = try ConnectionSettings("host=a user=me")
            #expect(settings.with("host", "b")["host"] == "b")
            #expect(settings.defaulting("host", "b")["host"] == "a")
            #expect(settings.defaulting("dbname", "app")["dbname"] == "app")
            #expect(settings.with("host", "b").options.count { $0.keyword == "host" } == 1)
        }

        @Test(arguments: [
            (0, "a,b,c", "1,2,3"), (1, "b,c,a", "2,3,1"), (2, "c,a,b", "3,1,2"), (3, "a,b,c", "1,2,3"),
        ])
        func rotatesHostsWithTheirPorts(turn: Int, hosts: String, ports: String) throws {
            let settings = try ConnectionSettings("host=a,b,c port=1,2,3 user=me").rotated(by: turn)
            #expect(settings["host"] == hosts)
            #expect(settings["port"] == ports)
            #expect(settings["user"] == "me")
        }

        @Test func rotatesWhatIsAListOnly() throws {
            let settings = try ConnectionSettings("host=a,b port=5432").rotated(by: 1)
            #expect(settings["host"] == "b,a")
            #expect(settings["port"] == "5432")
            #expect(try ConnectionSettings("host=a").rotated(by: 7)["host"] == "a")
        }

        @Test(arguments: [
            "postgresql://me:hunter2@host:port:5432/app?nonsense=1", "host=a password=hunter2 nonsense=1",
            "password='hunter2", "hunter2",
        ])
        func errorsKeepThePassword(connectionString: String) throws {
            let error = try #require(throws: PostgresError.self) { try ConnectionSettings(connectionString) }
            #expect(error.code == .badConnectionString)
            #expect(!"\(error) \(String(reflecting: error)) \(error.message)".contains("hunter2"))
        }
    }
}
