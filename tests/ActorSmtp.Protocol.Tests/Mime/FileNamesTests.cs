using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Protocol.Tests.Mime;

public class FileNamesTests
{
    [Theory]
    [InlineData("plain.txt", "plain.txt")]
    [InlineData("Übersicht 1.pdf", "Übersicht 1.pdf")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("..\\..\\x.exe", "x.exe")]
    [InlineData("..", "attachment")]
    [InlineData("", "attachment")]
    [InlineData(null, "attachment")]
    [InlineData(".hidden", "hidden")]
    [InlineData("a\r\nb\0.txt", "ab.txt")]
    [InlineData("evil\u202Etxt.exe", "eviltxt.exe")]
    [InlineData("a:b|c?.txt", "a_b_c_.txt")]
    [InlineData("CON.txt", "_CON.txt")]
    [InlineData("trailing. . ", "trailing")]
    public void Names_become_fit_for_a_disk(string? name, string expected) => Assert.Equal(expected, FileNames.Safe(name));

    [Fact]
    public void Long_names_keep_their_ending()
    {
        var safe = FileNames.Safe(new string('a', 500) + ".tar.gz");
        Assert.Equal(120, safe.Length);
        Assert.EndsWith(".gz", safe);
        Assert.True(FileNames.Safe(string.Concat(Enumerable.Repeat("😀", 200))).Length <= 120);
    }

    [Theory]
    [InlineData("a.PDF", "application/pdf")]
    [InlineData("a.tar.gz", "application/gzip")]
    [InlineData("a.unknown", "application/octet-stream")]
    [InlineData("none", "application/octet-stream")]
    [InlineData("dot.", "application/octet-stream")]
    public void Endings_say_what_a_file_is(string name, string expected) => Assert.Equal(expected, MediaTypes.ForFile(name));
}
