// A client that knows nothing of the server but its OpenAPI document. Compiles only if the document's types are right,
// and ends without an error only if the running server does as it says.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";
import type { AbloSchema } from "./models";

type Failure = components["schemas"]["AbloError"];

function check(holds: boolean, what: string, ...seen: unknown[]): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

function refused(error: Failure | undefined, response: Response, status: number, code: Failure["code"]): void {
  check(response.status === status && error?.code === code, `${status} ${code}`, response.status, error);
}

export async function use(url: string, key: string): Promise<void> {
  const shop = createClient<paths>({ baseUrl: `${url}/api`, headers: { authorization: `Bearer ${key}` } });
  const products = "/v1/models/products";
  const product = "/v1/models/products/{id}";
  const claim = "/v1/models/products/{id}/claim";
  const at = (id: string) => ({ params: { path: { id } } });

  const made = await shop.POST(products, {
    params: { header: { "Idempotency-Key": "create-lamp" } },
    body: { id: "lamp", data: { name: "Lamp", cents: 4900, state: "listed" } },
  });
  check(made.data?.status === "confirmed" && made.data.ops === 1, "a row is created", made);
  check(made.response.headers.get("x-request-id") !== null, "an answer has an id");
  for (const [id, cents] of [["chair", 9900], ["desk", 19900], ["shelf", 100]] as const) {
    const { error } = await shop.POST(products, { body: { id, data: { name: id, cents } } });
    check(error === undefined, "a default is filled in", error);
  }

  // What is not typed as the schema says does not compile; sent all the same, it is refused.
  // @ts-expect-error a product has a name
  const nameless = await shop.POST(products, { body: { data: { cents: 1 } } });
  check(nameless.response.status === 400 && nameless.error !== undefined, "a name is required", nameless.error);
  // @ts-expect-error clients only read sales
  const sale = await shop.POST("/v1/models/sales", { body: { id: "s", data: { productId: "lamp" } } });
  refused(sale.error, sale.response, 403, "model_not_mutable");

  const listed = await shop.GET(products, { params: { query: { state: "listed", order_by: "cents", limit: 5 } } });
  check(listed.data?.data.map((row) => row.id).join() === "lamp", "a filter filters", listed);
  const drafts = await shop.GET(products, {
    params: { query: { state: "draft", order_by: "cents", order: "desc", limit: 2 } },
  });
  check(drafts.data?.data.map((row) => row.id).join() === "desk,chair", "rows come in order", drafts);
  check(drafts.data.has_more && drafts.data.next_cursor !== null, "there is another page", drafts.data);
  const rest = await shop.GET(products, {
    params: { query: { state: "draft", order_by: "cents", order: "desc", starting_after: drafts.data.next_cursor } },
  });
  check(rest.data?.data.map((row) => row.id).join() === "shelf" && !rest.data.has_more, "the next page", rest);

  const read = await shop.GET(product, at("lamp"));
  check(read.data !== undefined, "a row is read", read);
  const { createdAt, ...lamp } = read.data.data;
  check(lamp.cents === 4900 && !Number.isNaN(Date.parse(createdAt)), "as it was created", lamp, createdAt);
  const state: AbloSchema["products"]["state"] = lamp.state;
  check(state === "listed", "both kinds of types agree", state);

  const patched = await shop.PATCH(product, {
    ...at("lamp"),
    body: { data: { cents: 3900, note: "on sale" }, readAt: read.data.stamp, onStale: "reject" },
  });
  check(patched.error === undefined, "a row is updated", patched.error);
  const stale = await shop.PATCH(product, {
    ...at("lamp"),
    body: { data: { cents: 1 }, readAt: read.data.stamp, onStale: "reject" },
  });
  refused(stale.error, stale.response, 409, "stale_context");

  const held = await shop.POST(claim, { ...at("lamp"), body: { action: "pricing", ttl: "30s" } });
  check(held.data !== undefined && "intent" in held.data && held.data.status === "active", "a row is claimed", held);
  const seen = await shop.GET(product, at("lamp"));
  check(seen.data?.claims[0]?.action === "pricing", "readers see the claim", seen.data?.claims);
  const under = await shop.PATCH(product, { ...at("lamp"), body: { data: { note: null }, intent: held.data.id } });
  check(under.error === undefined, "its holder may write", under.error);
  const released = await shop.DELETE(claim, at("lamp"));
  check(released.data?.released === true, "the claim is given back", released);

  const several = await shop.POST("/v1/commits", {
    body: {
      clientTxId: "tx-1",
      operations: [
        { action: "update", model: "products", id: "desk", data: { state: "listed" } },
        { action: "delete", model: "products", id: "shelf" },
      ],
    },
  });
  check(several.data?.ops === 2, "several writes apply together", several);
  check((await shop.DELETE(product, at("chair"))).error === undefined, "a row is deleted");
  const gone = await shop.GET(product, at("chair"));
  refused(gone.error, gone.response, 404, "model_not_found");
  const left = await shop.GET(products, {});
  check(left.data?.data.map((row) => row.id).sort().join() === "desk,lamp", "what is left", left.data);

  const stranger = createClient<paths>({ baseUrl: `${url}/api` });
  check((await stranger.GET(products, {})).response.status === 401, "strangers are not let in");
}
