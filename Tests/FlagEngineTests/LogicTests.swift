import JSON
import Testing

@testable import FlagEngine

/// JsonLogic by tables: rule, data, result.
@Suite struct LogicTests {
    @Test(arguments: [
        // What is no object with one member is data.
        (#"1"#, "{}", "1"), (#""a""#, "{}", #""a""#), ("null", "{}", "null"), ("{}", "{}", "{}"),
        (#"{"a":1,"b":{"var":"x"}}"#, #"{"x":2}"#, #"{"a":1,"b":{"var":"x"}}"#),
        (#"[1,{"var":"x"},[{"var":"x"}]]"#, #"{"x":2}"#, "[1,2,[2]]"),
        // An argument that is no array is one argument.
        (#"{"!":true}"#, "{}", "false"), (#"{"!":[true]}"#, "{}", "false"), (#"{"!":[]}"#, "{}", "true"),
        (#"{"!!":[[]]}"#, "{}", "false"), (#"{"!!":[["a"]]}"#, "{}", "true"), (#"{"!!":"0"}"#, "{}", "true"),
        (#"{"!!":""}"#, "{}", "false"), (#"{"!!":[{}]}"#, "{}", "true"), (#"{"!!":0}"#, "{}", "false"),
        (#"{"log":"x"}"#, "{}", #""x""#),
    ])
    func takesRules(_ rule: String, _ data: String, _ expected: String) { #expect(result(rule, data) == expected) }

    @Test(arguments: [
        (#"{"var":"a"}"#, "1"), (#"{"var":["a"]}"#, "1"), (#"{"var":["z"]}"#, "null"), (#"{"var":["z",5]}"#, "5"),
        (#"{"var":["z",{"var":"a"}]}"#, "1"), (#"{"var":"b.c"}"#, "2"), (#"{"var":"b.c.d"}"#, "null"),
        (#"{"var":"list.1"}"#, "20"), (#"{"var":"list.01"}"#, "null"), (#"{"var":"list.-1"}"#, "null"),
        (#"{"var":"list.9"}"#, "null"), (#"{"var":"list.length"}"#, "2"), (#"{"var":"text.0"}"#, #""h""#),
        (#"{"var":["nothing",5]}"#, "null"), (#"{"var":["nothing.x",5]}"#, "5"), (#"{"var":{"cat":["b",".c"]}}"#, "2"),
        (#"{"var":["list.0.x.y", "d"]}"#, #""d""#), (#"{"var":1}"#, #""one""#), (#"{"var":"a..b"}"#, "null"),
        (#"{"var":"$flagd.flagKey"}"#, #""flag""#), (#"{"var":"$flagd.timestamp"}"#, "0"),
        (#"{"var":"$flagd.other"}"#, "null"),
        (#"{"missing":["a","z","empty","nothing"]}"#, #"["z","empty","nothing"]"#),
        (#"{"missing":{"merge":[["a"],"q"]}}"#, #"["q"]"#), (#"{"missing":[]}"#, "[]"),
        (#"{"missing_some":[1,["a","z"]]}"#, "[]"), (#"{"missing_some":[2,["a","z"]]}"#, #"["z"]"#),
    ])
    func findsVariables(_ rule: String, _ expected: String) {
        let data = """
            {"a": 1, "b": {"c": 2}, "list": [10, 20], "text": "hi", "nothing": null, "empty": "", "1": "one",
             "$flagd": {"flagKey": "forged", "timestamp": 99, "other": 1}}
            """
        #expect(result(rule, data) == expected)
    }

    @Test func theEmptyNameIsTheWholeData() {
        #expect(
            result(#"{"var":""}"#, #"{"a":1}"#, at: 7) == #"{"$flagd":{"flagKey":"flag","timestamp":7},"a":1}"#)
        #expect(result(#"{"var":[]}"#, "[]") == #"{"$flagd":{"flagKey":"flag","timestamp":0}}"#)
    }

    @Test(arguments: [
        (#"{"if":[true,1,2]}"#, "1"), (#"{"if":[false,1,2]}"#, "2"), (#"{"if":[false,1]}"#, "null"),
        (#"{"if":[false,1,false,2,3]}"#, "3"), (#"{"if":[]}"#, "null"), (#"{"if":[5]}"#, "5"),
        (#"{"?:":[0,1,2]}"#, "2"), (#"{"and":[1,"",3]}"#, #""""#), (#"{"and":[1,3]}"#, "3"), (#"{"and":[]}"#, "null"),
        (#"{"or":[0,"",3,4]}"#, "3"), (#"{"or":[0,false]}"#, "false"), (#"{"or":[]}"#, "null"),
        // What is not reached does not fail.
        (#"{"if":[true,1,{"nonsense":1}]}"#, "1"), (#"{"or":[1,{"nonsense":1}]}"#, "1"),
        (#"{"and":[0,{"nonsense":1}]}"#, "0"),
        (#"{"if":[false,1,{"nonsense":1}]}"#, #"error: unknownOperator("nonsense")"#),
        (#"{"map":[[],{"nonsense":1}]}"#, "[]"), (#"{"$ref":"x"}"#, #"error: unknownOperator("$ref")"#),
    ])
    func chooses(_ rule: String, _ expected: String) { #expect(result(rule) == expected) }

    @Test(arguments: [
        (#"{"map":[{"var":"n"},{"*":[{"var":""},2]}]}"#, "[2,4,6]"), (#"{"map":[{"var":"z"},1]}"#, "[]"),
        (#"{"filter":[{"var":"n"},{">":[{"var":""},1]}]}"#, "[2,3]"), (#"{"filter":[1,true]}"#, "[]"),
        (#"{"reduce":[{"var":"n"},{"+":[{"var":"current"},{"var":"accumulator"}]},10]}"#, "16"),
        (#"{"reduce":[{"var":"z"},1,{"var":"n.0"}]}"#, "1"),
        (#"{"all":[{"var":"n"},{">":[{"var":""},0]}]}"#, "true"), (#"{"all":[[],true]}"#, "false"),
        (#"{"none":[[],true]}"#, "true"), (#"{"some":[[],true]}"#, "false"),
        (#"{"some":[{"var":"n"},{"==":[{"var":""},3]}]}"#, "true"),
        (#"{"none":[{"var":"n"},{"==":[{"var":""},3]}]}"#, "false"),
        (#"{"map":[{"var":"users"},{"var":"name"}]}"#, #"["x","y"]"#),
        (#"{"map":[{"var":"n"},{"var":"users"}]}"#, "[null,null,null]"),
        (#"{"reduce":[[1],{"var":""},null]}"#, #"{"accumulator":null,"current":1}"#),
        (#"{"merge":[[1,2],3,[[4]]]}"#, "[1,2,3,[4]]"), (#"{"merge":[]}"#, "[]"),
        (#"{"in":[2,{"var":"n"}]}"#, "true"), (#"{"in":["2",{"var":"n"}]}"#, "false"), (#"{"in":["b","abc"]}"#, "true"),
        (#"{"in":["","abc"]}"#, "true"), (#"{"in":["aab","aaaab"]}"#, "true"), (#"{"in":["aabb","aaaab"]}"#, "false"),
        (#"{"in":["a",null]}"#, "false"), (#"{"in":["a"]}"#, "false"), (#"{"in":[[1],[[1]]]}"#, "false"),
    ])
    func worksOnLists(_ rule: String, _ expected: String) {
        #expect(result(rule, #"{"n":[1,2,3],"users":[{"name":"x"},{"name":"y"}]}"#) == expected)
    }

    @Test(arguments: [
        (#"{"cat":["a",1,1.0,1.5,true,null,["x",null,2],{}]}"#, #""a111.5truex,,2[object Object]""#),
        (#"{"cat":[]}"#, #""""#), (#"{"cat":[1e21,1e20,1e-7,0.000001]}"#, #""1e+211000000000000000000001e-70.000001""#),
        (#"{"substr":["jsonlogic",4]}"#, #""logic""#), (#"{"substr":["jsonlogic",-5]}"#, #""logic""#),
        (#"{"substr":["jsonlogic",1,3]}"#, #""son""#), (#"{"substr":["jsonlogic",4,-2]}"#, #""log""#),
        (#"{"substr":["jsonlogic",-99,-99]}"#, #""""#), (#"{"substr":["abc",9]}"#, #""""#),
        (#"{"substr":["abc",1e300]}"#, #""""#), (#"{"substr":["abc",-1e300,1e300]}"#, #""abc""#),
        ("{\"substr\":[\"a\u{1F600}b\",1,2]}", "\"\u{1F600}\""), ("{\"substr\":[\"\u{1F600}\",1]}", "\"\u{fffd}\""),
        (#"{"starts_with":["abc","ab"]}"#, "true"), (#"{"starts_with":["abc","b"]}"#, "false"),
        (#"{"ends_with":["abc","bc"]}"#, "true"), (#"{"ends_with":["abc",""]}"#, "true"),
        (#"{"ends_with":["c","abc"]}"#, "false"), (#"{"starts_with":["abc"]}"#, "null"),
        (#"{"starts_with":["abc",1]}"#, "null"), (#"{"ends_with":["a","a","a"]}"#, "null"),
        // Code units, not characters: a letter and a combining mark are two.
        ("{\"starts_with\":[\"e\u{301}\",\"e\"]}", "true"), ("{\"ends_with\":[\"e\u{301}\",\"\u{301}\"]}", "true"),
        ("{\"==\":[\"e\u{301}\",\"\u{e9}\"]}", "false"), ("{\"===\":[\"e\u{301}\",\"\u{e9}\"]}", "false"),
        ("{\"in\":[\"\u{e9}\",\"e\u{301}\"]}", "false"), ("{\"in\":[\"e\",\"e\u{301}\"]}", "true"),
        ("{\"<\":[\"\u{1F600}\",\"\u{ffff}\"]}", "true"), ("{\"<\":[\"\u{d7ff}\",\"\u{1F600}\"]}", "true"),
    ])
    func worksOnTexts(_ rule: String, _ expected: String) { #expect(result(rule) == expected) }
}
