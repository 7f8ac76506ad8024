-- What is wrong with a document of pipelines, beyond its schema.

create or replace function datastore.may_have_stray_secrets(value jsonb) returns boolean
language sql immutable parallel safe
-- What is deeper than a document may be is refused for that: keyvalue() copies what is below each key.
return jsonb_typeof(value) in ('object', 'array') and not jsonb_path_exists(value, 'strict $.**{64}')
  and jsonb_path_exists(value, 'strict $.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "^[^a-z]*'
    '(a[^a-z]*p[^a-z]*i[^a-z]*k[^a-z]*e[^a-z]*y|e[^a-z]*n[^a-z]*d[^a-z]*p[^a-z]*o[^a-z]*i[^a-z]*n[^a-z]*t)'
    '[^a-z]*$" flag "i")');
comment on function datastore.may_have_stray_secrets(jsonb) is
  'Is there a key below that reads apikey or endpoint, with whatever between its letters?';

create or replace function datastore.stray_secrets(document jsonb) returns table (instance_path text)
language sql immutable parallel safe
begin atomic
  with recursive node(path, value) as (
    select array[]::text[], document
    where datastore.may_have_stray_secrets(document)
    union all
    select node.path || child.key, child.value
    from node
    cross join lateral (
      select object.key, object.value
      from jsonb_each(case jsonb_typeof(node.value) when 'object' then node.value else '{}' end) as object
      union all
      select (item.position - 1)::text, item.value
      from jsonb_array_elements(case jsonb_typeof(node.value) when 'array' then node.value
        else '[]' end) with ordinality as item(value, position)
    ) as child
    -- Towards the keys alone: the way to each value of a large document would be larger than the document.
    where cardinality(node.path) < 64 and (
      lower(regexp_replace(child.key, '[^A-Za-z]', '', 'g')) in ('apikey', 'endpoint')
        or datastore.may_have_stray_secrets(child.value))
  )
  select datastore.json_pointer(node.path)
  from node
  cross join lateral (
    select lower(regexp_replace(node.path[cardinality(node.path)], '[^A-Za-z]', '', 'g')) as name,
           cardinality(node.path) = 3 and node.path[1] in ('models', 'pipelines') as in_an_item,
           cardinality(node.path) >= 3 and node.path[1] = 'models'
             and node.path[3] in ('api_key', 'endpoint') as in_its_place
  ) as key
  where node.value <> 'null' and not key.in_its_place
    and (key.name = 'apikey' or key.name = 'endpoint' and key.in_an_item)
  limit 100;
end;
comment on function datastore.stray_secrets(jsonb) is
  'Where a document of pipelines has what may be a secret under a key that is not kept as one: apiKey in a model, '
  'api_key in a pipeline, …';

create or replace function datastore.secret_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select stray.instance_path, 'spelling',
         'expected secrets as api_key and endpoint of a model, sealed: under another key they would be kept in clear'
  from datastore.stray_secrets(document) as stray
  union all
  select format('/models/%s/%s/%s', model.place, secret.field, part.name), 'contentEncoding', 'expected base64'
  from datastore.items_of(document -> 'models') as model
  cross join (values ('api_key'), ('endpoint')) as secret(field)
  cross join (values ('nonce'), ('ciphertext')) as part(name)
  where datastore.pipelines_v1_model__sealed(model.item -> secret.field)
    and datastore.from_base64(model.item -> secret.field ->> part.name) is null
    and model.item -> secret.field <> 'null';
end;
comment on function datastore.secret_errors(jsonb) is
  'What is wrong with the secrets of a document of pipelines beyond its schema. No message shows a value.';

create or replace function datastore.pipelines_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  with error as materialized (
    select found.*, substring(found.instance_path from '^/models/[0-9]+/(?:api_key|endpoint)(?=/|$)') as secret
    from datastore.document_errors('pipelines', document) as found
  )
  select error.instance_path, error.keyword, error.message
  from error
  where error.secret is null
  union all
  -- The usual message shows what was found: never here.
  select distinct error.secret, error.keyword,
         'expected a sealed secret, {"kek_id", "nonce", "ciphertext"}, or null: datastore-db pipelines seal makes it. '
         'One that was sent unsealed may stand in the server''s log: replace it where it came from'
  from error
  where error.secret is not null
  union all
  select * from datastore.secret_errors(document)
  union all
  select format('/%s/%s/%s', list.name, item.place, key.name), 'maxLength', 'expected at most 2,000 bytes'
  from (values ('pipelines', array['pipeline_name']), ('models', array['model_name', 'version'])) as list(name, keys)
  cross join lateral datastore.items_of(document -> list.name) as item
  cross join lateral unnest(list.keys) as key(name)
  where octet_length(item.item ->> key.name) > 2000;
end;
comment on function datastore.pipelines_errors(jsonb) is
  'What is wrong with a document of pipelines and models, whatever is stored. No message shows a secret.';

create or replace function datastore.model_version_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  with sent as (
    select item.place, item.item ->> 'model_name' as name, datastore.version_text(item.item -> 'version') as version,
           datastore.version_parts(datastore.version_text(item.item -> 'version')) as parts,
           max(datastore.version_parts(datastore.version_text(item.item -> 'version'))) over (
             partition by item.item ->> 'model_name') as highest
    from datastore.items_of(document -> 'models') as item
  )
  select format('/models/%s/version', sent.place), 'higherVersion',
         format('expected version %s of %s or a higher one, found %s', to_json(active.version), to_json(sent.name),
                coalesce(to_json(nullif(sent.version, ''))::text, 'none'))
  from sent
  join datastore.model on model.name = sent.name
  join datastore.model_version as active on active.model_id = model.model_id and active.active
  cross join lateral (select datastore.version_parts(active.version) as parts) as known
  where sent.version <> active.version
    and case
      -- Old versions may stand beside the newest, if they are known.
      when sent.highest > known.parts or sent.highest = known.parts and sent.parts < sent.highest then
        sent.parts <= known.parts and not exists (
          select from datastore.model_version
          where model_version.model_id = model.model_id and model_version.version = sent.version)
      else true
    end
  union all
  select format('/models/%s/version', equal.place), 'higherVersion',
         format('expected another version, found %s, which is as high as %s', to_json(equal.version),
           to_json(equal.first_version))
  from (
    select sent.place, sent.version,
           first_value(sent.version) over (partition by sent.name, sent.parts order by sent.place) as first_version
    from sent
  ) as equal
  where equal.version <> equal.first_version;
end;
comment on function datastore.model_version_errors(jsonb) is
  'Models of a document whose version goes backwards. Several versions of a model may stand in one document.';

create or replace function datastore.pipelines_state_errors(document jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  (
    -- Each name is looked for once, and not at each place.
    with named as materialized (
      select pipeline.place as pipeline, model.place, model.name
      from datastore.items_of(document -> 'pipelines') as pipeline
      cross join lateral jsonb_array_elements_text(pipeline.item -> 'models') with ordinality as model(name, place)
    ), strange as materialized (
      select named.name from named
      except select sent.item ->> 'model_name' from datastore.items_of(document -> 'models') as sent
      except select known.name from datastore.model as known
    )
    select format('/pipelines/%s/models/%s', named.pipeline, named.place - 1), 'knownModel',
           format('expected a model of this document or one that is known, found %s', to_json(named.name))
    from named
    where named.name in (select strange.name from strange)
    order by named.pipeline, named.place
    limit 1000
  )
  union all
  select format('/pipelines/%s/version', pipeline.place), 'higherVersion',
         format('expected version %s of %s or a higher one, found %s', to_json(known.version),
           to_json(known.name), to_json(sent.version))
  from datastore.items_of(document -> 'pipelines') as pipeline
  cross join lateral (select datastore.version_text(pipeline.item -> 'version') as version) as sent
  join datastore.pipeline as known on known.name = pipeline.item ->> 'pipeline_name'
  where sent.version <> '' and datastore.version_parts(sent.version) < datastore.version_parts(known.version)
  union all
  select * from datastore.model_version_errors(document);
end;
comment on function datastore.pipelines_state_errors(jsonb) is
  'What is wrong with a valid document of pipelines and models in the light of what is stored: unregistered '
  'models, versions that go backwards.';
