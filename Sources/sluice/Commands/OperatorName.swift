import Foundation

/// Who does what a command does, as histories tell it.
var operatorName: String { "operator \(NSUserName())" }
