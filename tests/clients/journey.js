// The integrator's half of a journey, by the unmodified SDK. Reads {step, ...} from standard input, answers in JSON.
"use strict";

const sdk = require("@procore/js-sdk");

function clientOf({ baseUrl, company }, token) {
  return sdk.client(sdk.oauth(token), undefined, { apiHostname: baseUrl, defaultVersion: "v1.0", defaultCompanyId: company });
}

const steps = {
  async token(given) {
    const { body } = await clientOf(given, "none yet").post("/oauth/token", {
      grant_type: "client_credentials",
      client_id: given.clientId,
      client_secret: given.clientSecret,
    });
    return { body, info: await sdk.info(body.access_token, given.baseUrl) };
  },

  async stage(given) {
    const client = clientOf(given, given.token);
    const base = "/companies/{company}/staged_records";
    const params = { company: given.company };
    const staged = await client.patch({ base, action: "sync", params }, { updates: given.updates });
    const listed = await client.get({
      base,
      params,
      qs: { filters: { item_type: "vendor", origin_id: given.updates[0].origin_id }, per_page: 1, page: 1 },
    });
    return {
      staged: staged.body,
      listed: listed.body,
      total: listed.response.headers.get("Total"),
      perPage: listed.response.headers.get("Per-Page"),
      requestId: listed.response.headers.get("X-Request-Id"),
    };
  },

  // Many sync calls in turn: [{ base, updates, ...scope }], each by its path below the company.
  async bring(given) {
    const client = clientOf(given, given.token);
    const answers = [];
    for (const { base, ...body } of given.calls) {
      const params = { company: given.company };
      const path = { base: `/companies/{company}/${base}`, action: "sync", params };
      answers.push((await client.patch(path, body)).body);
    }
    return answers;
  },

  async close(given) {
    const client = clientOf(given, given.token);
    const params = { company: given.company };
    const requests = await client.get({
      base: "/companies/{company}/erp_requests",
      params,
      qs: { filters: { request_name: "create_commitment" }, per_page: 1 },
    });
    const shown = await client.get({
      base: "/companies/{company}/erp_requests",
      params: { ...params, id: requests.body[0].id },
    });
    const { commitment, commitment_items: items, request_detail_id: detail } = shown.body.request_data;
    const links = await client.patch(
      { base: "/companies/{company}/external_data", action: "sync", params },
      {
        updates: [
          { item_type: "work_order_contract", item_id: commitment.id, origin_id: `PO-${commitment.number}` },
          ...items.map((item) => ({
            item_type: "line_item",
            item_id: item.id,
            origin_id: `PO-${commitment.number}-${item.position}`,
          })),
        ],
      },
    );
    const closing = { base: "/companies/{company}/erp_request_details", params: { ...params, id: detail } };
    const closed = await client.patch(closing, { request_detail: { status: "success", messages: [] } });
    const again = await client.put(closing, { request_detail: { status: "success" } });
    return { request: shown.body, links: links.body, closed: closed.body, again: again.body };
  },

  // A hook from its beginning to its end; between the two halves the receiver is told of the vendor.
  async listen(given) {
    const client = clientOf(given, given.token);
    const scope = { company_id: given.company };
    const hook = await client.post(
      { base: "/webhooks/hooks" },
      { ...scope, hook: { api_version: given.version, destination_url: given.url, namespace: "journey" } },
    );
    const base = `/webhooks/hooks/${hook.body.id}/triggers`;
    const one = { resource_name: "ERP Requests", event_type: "create" };
    const many = ["create", "UPDATE", "delete"].map((kind) => ({ resource_name: "Company Vendors", event_type: kind }));
    const trigger = await client.post({ base }, { ...scope, api_version: given.version, trigger: one });
    const bulk = await client.post({ base, action: "bulk" }, { ...scope, triggers: [...many, one] });
    const listed = await client.get({ base: "/webhooks/hooks", qs: { ...scope, namespace: "journey" } });
    const triggers = await client.get({ base, qs: scope });
    const resources = await client.get({ base: "/webhooks/resources", qs: scope });
    const made = await client.post({ base: "/vendors" }, { ...scope, vendor: { name: "Kestrel Lifting" } });
    return {
      hook: hook.body,
      trigger: trigger.body,
      bulk: { status: bulk.response.status, ...bulk.body },
      listed: listed.body,
      triggers: triggers.body,
      resources: resources.body,
      vendor: made.body.id,
    };
  },

  async heard(given) {
    const client = clientOf(given, given.token);
    const scope = { company_id: given.company };
    const base = "/webhooks/hooks";
    const deliveries = await client.get({
      base: `${base}/${given.hook}/deliveries`,
      qs: { ...scope, filters: { status: "successful" }, page_size: 5 },
    });
    const events = await client.get({
      base: "/webhooks/events",
      qs: { ...scope, resource_name: "Company Vendors", api_version: given.version },
    });
    const changed = await client.patch(
      { base, params: { id: given.hook } },
      { ...scope, hook: { destination_headers: { Authorization: "Bearer abcdef-12345" } } },
    );
    await client.delete({ base, params: { id: given.hook }, qs: scope });
    const left = await client.get({ base, qs: { ...scope, namespace: "*" } });
    return {
      deliveries: deliveries.body,
      events: events.body.events,
      changed: changed.body,
      left: left.body.map((hook) => hook.id),
    };
  },

  async revoke(given) {
    const revoked = await sdk.revoke(
      { token: given.token, clientId: given.clientId, clientSecret: given.clientSecret },
      given.baseUrl,
    );
    const refused = await clientOf(given, given.token).get({ base: "/me" }).catch((answer) => answer);
    return { revoked, status: refused.response.status, body: refused.body };
  },
};

async function main() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  const given = JSON.parse(text);
  process.stdout.write(JSON.stringify(await steps[given.step](given)));
}

main().catch((error) => {
  const shown = error?.response ? { status: error.response.status, body: error.body } : String(error?.stack ?? error);
  process.stderr.write(JSON.stringify(shown));
  process.exit(1);
});
