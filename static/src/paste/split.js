// What the clouds' tools print, by the names of the form's fields. Only what is plainly a
// credential: whatever names a program, a file or an address is left to the server, which refuses
// it with the reason.
const LINE =
  /^\s*(?:export\s+|set\s+|setx\s+|\$env:)?([A-Za-z_]\w*)\s*=\s*(["']?)(.*?)\2\s*[;,]?\s*$/i;
const NAMES = {
  aws: {
    aws_access_key_id: "access_key_id",
    aws_secret_access_key: "secret_access_key",
    aws_session_token: "session_token",
    aws_region: "region",
    aws_default_region: "region",
    region: "region",
    role_arn: "role_arn",
    external_id: "external_id",
    AccessKeyId: "access_key_id",
    SecretAccessKey: "secret_access_key",
    SessionToken: "session_token",
  },
  azure: {
    arm_client_id: "client_id",
    azure_client_id: "client_id",
    arm_client_secret: "client_secret",
    azure_client_secret: "client_secret",
    arm_tenant_id: "tenant_id",
    azure_tenant_id: "tenant_id",
    arm_subscription_id: "subscription_id",
    azure_subscription_id: "subscription_id",
    appId: "client_id",
    clientId: "client_id",
    password: "client_secret",
    clientSecret: "client_secret",
    tenant: "tenant_id",
    tenantId: "tenant_id",
    subscriptionId: "subscription_id",
  },
};
// Beside these, a text of lines is a credential and nothing else.
const HARMLESS = new Set(["output", "cli_pager", "source_profile", "duration_seconds"]);
const GOOGLE_TOKENS = new Set([
  "https://oauth2.googleapis.com/token",
  "https://accounts.google.com/o/oauth2/token",
]);

export function split(cloud, text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return ofJson(cloud, trimmed);
  if (cloud === "azure" && trimmed.startsWith("-----BEGIN")) return { certificate_data: trimmed };
  return cloud in NAMES ? ofLines(NAMES[cloud], trimmed) : {};
}

function ofJson(cloud, text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    return {}; // not all of it is there yet
  }
  if (cloud === "google") return ofKey(found, text);
  if (cloud === "azure" && Object.keys(found).some((name) => /Url$|ResourceId$/.test(name))) {
    return {};
  }
  return renamed(NAMES[cloud], found.Credentials ?? found.AccessKey ?? found);
}

function ofKey(found, text) {
  const plain = found.type === "service_account" && GOOGLE_TOKENS.has(found.token_uri);
  return plain ? { service_account_key: text } : {};
}

function ofLines(names, text) {
  const found = {};
  let sections = 0;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    if (/^\s*\[[^\]]+\]\s*$/.test(line)) {
      sections += 1;
      continue;
    }
    const match = LINE.exec(line);
    const name = match?.[1].toLowerCase();
    if (!match || (!(name in names) && !HARMLESS.has(name))) return {};
    found[name] = match[3].trim();
  }
  return sections > 1 ? {} : renamed(names, found);
}

function renamed(names, found) {
  const given = Object.entries(found).filter(([name, value]) => name in names && value);
  return Object.fromEntries(
    given.filter(([, value]) => typeof value === "string").map(([name, value]) => [names[name], value]),
  );
}
