-- Inferences as documents, and models that became known later.

create or replace function datastore.find_inference(
  inference_id uuid, container_id uuid default null
) returns datastore.inference
language plpgsql stable as $$
declare
  found_inference datastore.inference;
begin
  select inference.* into found_inference
  from datastore.inference
  where inference.inference_id = find_inference.inference_id
    and (find_inference.container_id is null or inference.container_id = find_inference.container_id);
  if not found then
    perform datastore.refuse('DS404',
      format('there is no inference %s', coalesce(find_inference.inference_id::text, 'NULL')));
  end if;
  return found_inference;
end
$$;
comment on function datastore.find_inference(uuid, uuid) is
  'The row of an inference that the acting user may see. Errors: DS404.';

create or replace function datastore.inference_json(
  known datastore.inference, as_sent boolean default false
) returns json
language plpgsql stable parallel safe
-- Where a few inferences have most boxes, statistics take each for one of them: all boxes would be read for it, and a
-- plan made for each call takes longer than the call.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  if as_sent or known.feedback_at is null then
    return datastore.inference_text(known, (
      select string_agg(datastore.box_text(box.box_id, box.seed_id, box.top_place, box.guesses, box.document),
        ', ' order by box.position)
      from datastore.box
      where box.inference_id = known.inference_id and not box.is_manual));
  end if;
  return datastore.inference_text(known, (
    select string_agg(judged.text, ', ' order by judged.is_manual, judged.position)
    from datastore.judged_box as judged
    where judged.inference_id = known.inference_id));
end
$$;
comment on function datastore.inference_json(datastore.inference, boolean) is
  'An inference''s document, without a check of rights: as it holds now, or the model''s answer alone.';

create or replace function datastore.rebuild_inference(
  inference_id uuid, as_sent boolean default false, container_id uuid default null
) returns json
language plpgsql stable as $$
declare
  known datastore.inference := datastore.find_inference(rebuild_inference.inference_id, rebuild_inference.container_id);
begin
  if as_sent then
    known.verified_at := null;
    known.verified_by := null;
  end if;
  return datastore.inference_json(known, as_sent);
end
$$;
comment on function datastore.rebuild_inference(uuid, boolean, uuid) is
'An inference''s document: what the client sent, ids, and what holds since experts looked at it. `top_id` is the
`object_id` of the best guess or, after a verdict, of the verified one. `label`, `score` and `box` then say what
holds, and `model` what the model had said.

as_sent: the model''s answer alone, as import_inference answered it
Answer: the document
Errors: `DS404`';

create or replace function datastore.rebuild_inference_of(
  picture_id uuid, as_sent boolean default false, container_id uuid default null
) returns json
language plpgsql stable as $$
declare
  known datastore.picture := datastore.find_picture(rebuild_inference_of.picture_id, rebuild_inference_of.container_id);
  newest_id uuid := (
    select inference.inference_id from datastore.inference
    where inference.picture_id = known.picture_id and inference.container_id = known.container_id
    order by inference.position desc limit 1);
begin
  return case when newest_id is not null then datastore.rebuild_inference(newest_id, as_sent, known.container_id) end;
end
$$;
comment on function datastore.rebuild_inference_of(uuid, boolean, uuid) is
'The document of a picture''s newest inference, `NULL` if it has none.

as_sent, Answer: as of rebuild_inference
Errors: `DS404`: no such picture';

create or replace function datastore.unknown_models() returns jsonb
language sql stable
return (
  select coalesce(jsonb_agg(jsonb_build_object('name', unknown.name, 'version', unknown.version,
      'inferences', unknown.inferences)
                            order by unknown.name, unknown.version), '[]')
  from (
    select named.model ->> 'name' as name, named.model -> 'version' as version,
           count(distinct inference.inference_id) as inferences
    from datastore.inference
    cross join lateral jsonb_array_elements(inference.document -> 'models') with ordinality as named(model, place)
    where array_position(inference.model_version_ids, null) is not null
      and (inference.pipeline_id is null or array_position(inference.model_version_ids, null) is not null)
      and inference.model_version_ids[named.place] is null
    group by 1, 2
  ) as unknown
);
comment on function datastore.unknown_models() is
'The unregistered models that inferences name. import_pipelines registers them, and ties these
inferences to them.

Answer: `[{name, version, inferences}]`, where `inferences` is how many
Errors: none';

create or replace function datastore.recognise_models() returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  tied bigint;
begin
  perform datastore.check_acting('datastore.inference');
  perform datastore.check_site_role('administrator');
  -- Many inferences name the same: it is looked for once, and not for each of them.
  with unknown as materialized (
    select inference.inference_id, inference.container_id, inference.pipeline_id,
           jsonb_build_object('pipeline_id', inference.document -> 'pipeline_id',
             'pipeline_name', inference.document -> 'pipeline_name',
                              'models', coalesce(inference.document -> 'models', '[]')) as named
    from datastore.inference
    where inference.pipeline_id is null or array_position(inference.model_version_ids, null) is not null
  ), named as materialized (
    select written.pipeline_id as known_id, written.named, pipeline.id as pipeline_id,
           datastore.made_by(written.named, pipeline.id) as model_version_ids
    from (select distinct unknown.pipeline_id, unknown.named from unknown) as written
    cross join lateral (
      select coalesce(written.pipeline_id, datastore.find_pipeline(written.named)) as id offset 0
    ) as pipeline
  ), found as (
    select unknown.inference_id, unknown.container_id, named.pipeline_id, named.model_version_ids
    from unknown
    join named on named.named = unknown.named and named.known_id is not distinct from unknown.pipeline_id
  )
  update datastore.inference
  set pipeline_id = found.pipeline_id, model_version_ids = found.model_version_ids
  from found
  where inference.inference_id = found.inference_id and inference.container_id = found.container_id
    and (inference.pipeline_id, inference.model_version_ids) is distinct from (found.pipeline_id,
      found.model_version_ids);
  get diagnostics tied = row_count;
  return tied;
end
$$;
comment on function datastore.recognise_models() is
'Ties inferences to pipelines and models that were not known when they came. import_pipelines calls it.

Answer: how many inferences it tied
Errors: `DS403`: the acting user is no administrator';
