using Xunit;
using Xunit.Sdk;

namespace Akka.TestKit.Xunit2;

/// <summary>Fails tests the way xunit's own assertions do. Stands for Akka.TestKit.Xunit2.XunitAssertions, complete.</summary>
public class XunitAssertions : ITestKitAssertions
{
    /// <inheritdoc/>
    public void Fail(string format = "", params object[] args) => Assert.Fail(Text(format, args));

    /// <inheritdoc/>
    public void AssertTrue(bool condition, string format = "", params object[] args) =>
        Assert.True(condition, condition ? null : Text(format, args));

    /// <inheritdoc/>
    public void AssertFalse(bool condition, string format = "", params object[] args) =>
        Assert.False(condition, condition ? Text(format, args) : null);

    /// <inheritdoc/>
    public void AssertEqual<T>(T expected, T actual, string format = "", params object[] args)
    {
        try
        {
            Assert.Equal(expected, actual);
        }
        catch (EqualException unequal)
        {
            var hint = Text(format, args);
            throw hint.Length == 0 ? unequal : EqualException.ForMismatchedValues(expected, actual, hint);
        }
    }

    /// <inheritdoc/>
    public void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args)
    {
        if (!comparer(expected, actual))
            throw EqualException.ForMismatchedValues(expected, actual, Text(format, args));
    }

    private static string Text(string format, object[] args) =>
        string.IsNullOrEmpty(format) || args is not { Length: > 0 } ? format ?? "" : string.Format(format, args);
}
