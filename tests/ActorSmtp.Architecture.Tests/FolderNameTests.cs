namespace ActorSmtp.Architecture.Tests;

/// <summary>A folder is a word of the domain, never a kind (house style, section 1).</summary>
public sealed class FolderNameTests
{
    [Theory]
    [InlineData("Common")]
    [InlineData("Helpers")]
    [InlineData("Utils")]
    [InlineData("Managers")]
    [InlineData("Models")]
    public void No_source_folder_is_named_after_a_kind(string name)
    {
        var found = Directory.EnumerateDirectories(Path.Combine(Repository.Root, "src"), name, SearchOption.AllDirectories);
        Assert.Empty(found);
    }
}
