// Opens GraphiQL over the gateway that served this page, wherever a proxy has put it: addresses are relative.
(() => {
  "use strict";
  const http = new URL("graphql", document.baseURI);
  http.search = http.hash = "";
  const socket = new URL(http);
  socket.protocol = http.protocol === "https:" ? "wss:" : "ws:";

  const place = document.getElementById("playground");
  const link = new URLSearchParams(location.search);
  const props = {
    fetcher: GraphiQL.createFetcher({ url: http.href, subscriptionUrl: socket.href }),
    // What the gateway would open with; a reader who was here before finds their own tabs.
    defaultQuery: place.dataset.query || undefined,
    // `/?query=…` is a link to one question.
    query: link.get("query") ?? undefined,
    variables: link.get("variables") ?? undefined,
  };
  ReactDOM.createRoot(place).render(React.createElement(GraphiQL, props));
})();
