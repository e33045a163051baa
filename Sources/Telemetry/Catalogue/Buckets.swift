/// Upper bounds of buckets. They are few, since every series has them all, and lie where somebody decides by them.
enum Buckets {
    /// Of work on one machine or against the database: a commit takes 1 to 5 ms, a caller notices 100 ms, and the store's
    /// deadline is 10 s.
    static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Of answers by somebody else's server: an attempt may take up to a destination's time-out, mostly 30 s or less.
    static let attemptSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    /// From a request's acceptance to its delivery: milliseconds where all is well, days after an outage.
    static let ageSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300, 1_800, 3_600, 21_600, 86_400]
    /// Of items in a batch, which has at most 512.
    static let items: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
}
