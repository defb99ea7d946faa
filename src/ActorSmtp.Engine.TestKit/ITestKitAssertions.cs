namespace Akka.TestKit;

/// <summary>How the kit tells the test framework that an expectation failed. Stands for Akka.TestKit.ITestKitAssertions, complete.</summary>
public interface ITestKitAssertions
{
    /// <summary>Fails the test; <paramref name="args"/> fill the holes of <paramref name="format"/>.</summary>
    void Fail(string format = "", params object[] args);

    /// <summary>Fails the test unless <paramref name="condition"/> holds.</summary>
    void AssertTrue(bool condition, string format = "", params object[] args);

    /// <summary>Fails the test if <paramref name="condition"/> holds.</summary>
    void AssertFalse(bool condition, string format = "", params object[] args);

    /// <summary>Fails the test unless the two are equal.</summary>
    void AssertEqual<T>(T expected, T actual, string format = "", params object[] args);

    /// <summary>Fails the test unless <paramref name="comparer"/> calls the two equal.</summary>
    void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args);
}

/// <summary>
/// A test class with this marker gets no implicit sender: what its thread tells comes from nobody. Stands for
/// Akka.TestKit.INoImplicitSender.
/// </summary>
public interface INoImplicitSender
{
}
