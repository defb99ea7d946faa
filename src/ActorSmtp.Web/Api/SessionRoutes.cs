using ActorSmtp.Web.Access;
using ActorSmtp.Web.Hosting;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Login and logout of people.</summary>
internal static class SessionRoutes
{
    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var log = services.Parts.Logs.CreateLogger("actorsmtp.console");
        var isNeeded = services.Parts.Settings.Server.Console.LoginIsNeeded;
        return new Routes("Login")
            .Get("/api/session", "Who is logged in, and what a changing request has to bring.", call => Task.FromResult(Of(call.Visitor, isNeeded)))
            .Post<LoginRequest, SessionDocument>("/api/session", "Logs in by the name and password of an account marked admin; sets the session's cookie.", async (call, login) =>
            {
                if (login.User is not { Length: > 0 and <= 320 })
                {
                    call.Mistake("user", "expected an account's name");
                }

                if (login.Password is not { Length: > 0 and <= 1000 })
                {
                    call.Mistake("password", "expected the account's password");
                }

                call.Check();
                var peer = call.Http.Connection.RemoteIpAddress?.ToString() ?? "this machine";
                try
                {
                    var visitor = await services.Logins.LogInAsync(call.Http, login.User!, login.Password!).ConfigureAwait(false);
                    ConsoleLog.LoggedIn(log, visitor.User!, peer);
                    return Of(visitor, isNeeded);
                }
                catch (ProblemException)
                {
                    ConsoleLog.LoginRefused(log, new string([.. login.User!.Take(64).Where(c => !char.IsControl(c))]), peer);
                    throw;
                }
            })
            .Delete("/api/session", "Logs out.", call =>
            {
                services.Logins.LogOut(call.Http);
                services.Events.LookAgain();
                return Task.CompletedTask;
            })
            .Select(r => r with { IsOpen = true });
    }

    private static SessionDocument Of(Visitor visitor, bool isNeeded) => new(isNeeded ? "required" : "none", visitor.IsLetIn, visitor.User, visitor.Via, visitor.Csrf);
}

internal sealed record LoginRequest
{
    public string? User { get; init; }

    public string? Password { get; init; }

    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append("User = ").Append(User).Append(", Password = ***");
        return true;
    }
}

/// <summary>Who asks.</summary>
/// <param name="Login"><c>none</c> or <c>required</c>.</param>
/// <param name="Csrf">For the header X-CSRF-Token of every changing request; empty: it is not needed.</param>
internal sealed record SessionDocument(string Login, bool Authenticated, string? User, VisitorVia? Via, string Csrf);
