using System.Text.Json;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>A message as Python's <c>email</c> package reads it: another MIME reader than ours.</summary>
internal sealed record PythonMail(string Subject, string From, string To, string[] Defects, PythonPart[] Parts)
{
    /// <summary>Reads a message.</summary>
    public static async Task<PythonMail> Read(DeliveredMail mail)
    {
        var read = (await Tool.Run("python3", [Scripts.Python("read.py"), mail.File])).Succeeded();
        return JsonSerializer.Deserialize<PythonMail>(read.Output, JsonSerializerOptions.Web)!;
    }

    /// <summary>The only part with this file name.</summary>
    public PythonPart Attachment(string name) => Assert.Single(Parts, p => p.FileName == name);
}

/// <summary>A leaf of a message: its type, file name (null: none) and decoded content.</summary>
internal sealed record PythonPart(string Type, string? FileName, byte[] Content);
