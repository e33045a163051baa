import JSON
import Testing

@testable import FlagEngine

/// flagd's own operators.
@Suite struct OperatorTests {
    @Test(arguments: [
        ("1.0.0", "=", "1.0.0", "true"), ("1.0.0", "!=", "1.0.0", "false"), ("1.2", "=", "1.2.0", "true"),
        ("1", "=", "v1.0.0", "true"), ("V2", ">", "1.9.9", "true"), ("1.10.0", ">", "1.9.0", "true"),
        ("1.0.0-alpha", "<", "1.0.0", "true"), ("1.0.0-alpha", "<", "1.0.0-alpha.1", "true"),
        ("1.0.0-2", "<", "1.0.0-10", "true"), ("1.0.0-2", "<", "1.0.0-a", "true"), ("1-rc", "<", "1", "true"),
        ("1.0.0+a", "=", "1.0.0+b", "true"), ("1.0.0-a+b.1", "<=", "1.0.0-a", "true"), ("1.5.9", "^", "1.0.0", "true"),
        ("2.0.0", "^", "1.0.0", "false"), ("1.5.9", "~", "1.5.0", "true"), ("1.6.0", "~", "1.5.0", "false"),
        ("99999999999999999999.0.0", ">", "9999999999999999999.0.0", "true"), ("1.0.0", ">=", "1.0.0", "true"),
        ("2.0.0.0", "=", "2.0.0.0", "null"), ("01.0.0", "=", "1.0.0", "null"), ("1.0.0-01", "=", "1.0.0", "null"),
        ("", "=", "1", "null"), ("v", "=", "1", "null"), ("1.", "=", "1", "null"), ("1..0", "=", "1", "null"),
        ("1.0.0-", "=", "1", "null"), ("1.0.0+", "=", "1", "null"), ("1.0.0-ä", "=", "1", "null"),
        ("vv1", "=", "1", "null"), ("1.0.0 ", "=", "1", "null"), ("1.0.0", "==", "1.0.0", "null"),
        ("a.b.c", "=", "1", "null"), ("-1.0.0", "=", "1", "null"), ("1.0.0", "", "1.0.0", "null"),
    ])
    func comparesVersions(_ a: String, _ name: String, _ b: String, _ expected: String) {
        let data = JSONValue.object(["a": .string(a)]).text
        #expect(result(#"{"sem_ver":[{"var":"a"},"\#(name)","\#(b)"]}"#, data) == expected)
        #expect(result(#"{"sem_ver":["\#(a)","\#(name)","\#(b)"]}"#) == expected)
    }

    @Test(arguments: [
        (#"{"sem_ver":[1,"=","1"]}"#, "true"), (#"{"sem_ver":[1.5,"=","1.5.0"]}"#, "true"),
        (#"{"sem_ver":[]}"#, "null"),
        (#"{"sem_ver":["1","="]}"#, "null"), (#"{"sem_ver":["1","=","1","1"]}"#, "null"),
        (#"{"sem_ver":[null,"=","1"]}"#, "null"), (#"{"sem_ver":[true,"=",true]}"#, "null"),
        (#"{"sem_ver":[{"var":"z"},"=","1"]}"#, "null"),
    ])
    func takesNumbersForVersionsAndNothingElse(_ rule: String, _ expected: String) { #expect(result(rule) == expected) }

    @Test(
        arguments: [
            ("ejOoVL", 0), ("bY9fO-", 1), ("SI7p-", UInt32.max / 2), ("6LvT0", UInt32.max / 2 + 1),
            ("ceQdGm", UInt32.max), ("", 0),
        ] as [(String, UInt32)])
    func hashes(_ text: String, _ expected: UInt32) { #expect(MurmurHash3.hash(text) == expected) }

    /// Examples of RFC 8949, appendix A, and the edges of each form.
    @Test(arguments: [
        ("0", "00"), ("23", "17"), ("24", "1818"), ("255", "18ff"), ("256", "190100"), ("1000000", "1a000f4240"),
        ("1000000000000", "1b000000e8d4a51000"), ("18446744073709551615", "1bffffffffffffffff"), ("-1", "20"),
        ("-100", "3863"), ("-9223372036854775808", "3b7fffffffffffffff"), ("9007199254740993", "1b0020000000000001"),
        ("1.0", "01"), ("-0.0", "00"), ("1e3", "1903e8"), ("18446744073709551616", "fa5f800000"), ("1.5", "f93e00"),
        ("1.1", "fb3ff199999999999a"), ("65504.5", "fa477fe080"), ("100000.5", "fa47c35040"),
        ("5.960464477539063e-8", "f90001"),
        ("0.00006103515625", "f90400"), ("0.000030517578125", "f90200"), ("-4.1", "fbc010666666666666"),
        ("3.4028234663852886e+38", "fa7f7fffff"), ("1e300", "fb7e37e43c8800759c"), ("true", "f5"), ("false", "f4"),
        ("null", "f6"), (#""""#, "60"), (#""IETF""#, "6449455446"), (#""ü""#, "62c3bc"), ("[]", "80"),
        ("[1,[2,3]]", "8201820203"), (#"{"bb":2,"a":1,"c":[3]}"#, "a36161016163810362626202"),
    ])
    func encodesDeterministically(_ text: String, _ expected: String) {
        var encoder = CBOREncoder()
        encoder.encode(json(text))
        let hexadecimal = encoder.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hexadecimal == expected)
    }
}
