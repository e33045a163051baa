import FoundationEssentials
import Glibc

/// What Linux tells of this process. What can't be read is left out.
package enum ProcessReadings {
    /// Takes some microseconds, and a millisecond where the process has thousands of descriptors.
    package static func now() -> [Reading] {
        var readings: [Reading] = []
        if let fields = stat() {
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            readings.append(Reading(.processCPU, is: (fields[utime] + fields[stime]) / ticks))
            readings.append(Reading(.processThreads, is: fields[threads]))
            readings.append(Reading(.processVirtual, is: fields[virtual]))
            readings.append(Reading(.processResident, is: fields[resident] * Double(sysconf(Int32(_SC_PAGESIZE)))))
            if let booted = bootTime { readings.append(Reading(.processStart, is: booted + fields[start] / ticks)) }
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            readings.append(Reading(.processFiles, is: Double(files.count)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            readings.append(Reading(.processFileLimit, is: Double(limit.rlim_cur)))
        }
        return readings
    }

    // Places in /proc/self/stat after the name of the program, which may have spaces: proc(5), less three.
    private static let utime = 11
    private static let stime = 12
    private static let threads = 17
    private static let start = 19
    private static let virtual = 20
    private static let resident = 21

    private static func stat() -> [Double]? {
        guard let text = text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].dropFirst().split(separator: " ").map { Double($0) ?? 0 }
        return fields.count > resident ? fields : nil
    }

    private static let bootTime: Double? = text("/proc/stat").flatMap { text in
        text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
