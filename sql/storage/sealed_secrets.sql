-- Everything that is sealed, for the rotation of key-encryption keys: what is encrypted stays, its wrapped key is
-- replaced.

create or replace function datastore.sealed_secrets(
  except_kek_id text default null, after text default '', how_many integer default 1000
) returns jsonb
language sql stable
begin atomic
  select coalesce(jsonb_agg(to_jsonb(secret) order by secret.secret_id), '[]')
  from (
    select sealed.secret_id, sealed.kek_id, datastore.to_base64(sealed.nonce) as nonce,
           datastore.to_base64(sealed.ciphertext) as ciphertext
    from (
      select concat_ws('/', 'container_key', known.key_id) collate "C" as secret_id, known.kek_id,
             known.nonce, known.ciphertext
      from datastore.container_key as known
      union all
      select concat_ws('/', 'model_secret', known.model_version_id, known.field), known.kek_id,
             known.nonce, known.ciphertext
      from datastore.model_secret as known
    ) as sealed
    where sealed.kek_id <> coalesce(except_kek_id, '') and sealed.secret_id > after collate "C"
    order by sealed.secret_id limit how_many
  ) as secret;
end;
comment on function datastore.sealed_secrets(text, text, integer) is
'Everything that is sealed, container keys and models'' secrets, in the order of `secret_id`: for a rotation of
key-encryption keys.

except_kek_id: not what is sealed with this key
after: only what comes after this `secret_id`
Answer: `[{secret_id, kek_id, nonce, ciphertext}]`, the last two in base64
Errors: none';

create or replace function datastore.rewrap_secrets(secrets jsonb) returns integer
language sql volatile
begin atomic
  with sent as materialized (
    select split_part(item.secret_id, '/', 1) as kind, split_part(item.secret_id, '/', 2)::uuid as id,
           split_part(item.secret_id, '/', 3) as field,
           item.kek_id, datastore.from_base64(item.nonce) as nonce, datastore.from_base64(item.ciphertext) as ciphertext
    from jsonb_to_recordset(secrets) as item(secret_id text, kek_id text, nonce text, ciphertext text)
  ), keys as (
    update datastore.container_key as known set kek_id = sent.kek_id, ciphertext = sent.ciphertext
    from sent
    -- The nonce stays for as long as the secret does: one that was replaced meanwhile has another.
    where sent.kind = 'container_key' and known.key_id = sent.id and known.nonce = sent.nonce
    returning 1
  ), models as (
    update datastore.model_secret as known set kek_id = sent.kek_id, ciphertext = sent.ciphertext
    from sent
    where sent.kind = 'model_secret' and known.model_version_id = sent.id and known.field = sent.field
      and known.nonce = sent.nonce
    returning 1
  )
  select ((select count(*) from keys) + (select count(*) from models))::integer;
end;
comment on function datastore.rewrap_secrets(jsonb) is
'Puts what was wrapped anew in the place of what it was; a secret that was replaced meanwhile stays. Answers how
many were written. An array as of sealed_secrets. Raises nothing.';
