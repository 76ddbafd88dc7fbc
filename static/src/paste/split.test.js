import assert from "node:assert/strict";
import { test } from "node:test";

import { split } from "./split.js";

const KEYS = { access_key_id: "AKIAIOSFODNN7EXAMPLE", secret_access_key: "abc/def" };

test("a profile, lines for a shell and JSON have the same fields", () => {
  const ini = "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=abc/def\n";
  const shell = 'export AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE"\nexport AWS_SECRET_ACCESS_KEY=abc/def';
  const json = { AccessKey: { AccessKeyId: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "abc/def" } };
  for (const text of [ini, shell, JSON.stringify(json)]) assert.deepEqual(split("aws", text), KEYS);
});

test("both spellings of a service principal", () => {
  const wanted = { client_id: "c", client_secret: "s", tenant_id: "t" };
  assert.deepEqual(split("azure", '{"appId":"c","password":"s","tenant":"t"}'), wanted);
  assert.deepEqual(split("azure", '{"clientId":"c","clientSecret":"s","tenantId":"t"}'), wanted);
});

test("what names a program, a file or an address is left to the server", () => {
  const left = [
    ["aws", "[default]\naws_access_key_id=AKIA\ncredential_process=/bin/evil"],
    ["aws", "[a]\naws_access_key_id=A\n[b]\naws_access_key_id=B"],
    ["azure", '{"clientId":"c","activeDirectoryEndpointUrl":"https://evil.example"}'],
    ["google", '{"type":"external_account","audience":"a"}'],
    ["google", '{"type":"service_account","token_uri":"https://evil.example/token"}'],
    ["google", '{"type":"service_acc'],
    ["aws", "hello"],
  ];
  for (const [cloud, text] of left) assert.deepEqual(split(cloud, text), {});
});
