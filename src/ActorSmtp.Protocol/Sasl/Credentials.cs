using System.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>A name and a clear password, as PLAIN and LOGIN bring them. Prints without the password.</summary>
/// <param name="User">The name of the account that logs in.</param>
/// <param name="Password">Its password.</param>
/// <param name="AuthorizeAs">The account to act as, or null for the same.</param>
public sealed record Credentials(string User, string Password, string? AuthorizeAs = null)
{
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("User = ").Append(User).Append(", Password = ***, AuthorizeAs = ").Append(AuthorizeAs);
        return true;
    }
}
