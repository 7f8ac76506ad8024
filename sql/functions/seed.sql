create or replace function datastore.rebuild_seeds() returns jsonb
language sql stable parallel safe
return (
  select jsonb_build_object('seeds', coalesce(jsonb_agg(jsonb_build_object(
    'seed_id', seed.seed_id, 'seed_name', seed.name, 'status', seed.status) order by seed.name), '[]'))
  from datastore.seed
);
comment on function datastore.rebuild_seeds() is 'All species: {"seeds": [{seed_id, seed_name, status}]}, by name.';

create or replace function datastore.seed_errors(documents jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  select '/' || (item.position - 1) || '/seed/seed_id', 'seed',
         case when seed.seed_id is null then 'there is no seed ' || (item.document #>> '{seed,seed_id}')
              else format('seed_id is %s, seed_name is %s: leave one out', to_json(seed.name), item.document #> '{seed,seed_name}') end
  from jsonb_array_elements(documents) with ordinality as item(document, position)
  left join datastore.seed on seed.seed_id = (item.document #>> '{seed,seed_id}')::uuid
  where (item.document #>> '{seed,seed_id}') is not null
    and (seed.seed_id is null or seed.key <> datastore.seed_key(item.document #>> '{seed,seed_name}'));
end;
comment on function datastore.seed_errors(jsonb) is 'Pictures'' documents whose seed is unknown, or whose seed_id and seed_name differ.';

create or replace function datastore.check_seeds(documents jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb := (
    select jsonb_agg(jsonb_build_object('instance_path', error.instance_path, 'keyword', error.keyword, 'message', error.message))
    from datastore.seed_errors(documents) as error);
begin
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid picture document', errors);
  end if;
end
$$;
comment on function datastore.check_seeds(jsonb) is 'Raises DS400 for a seed that is unknown, or contradicts itself.';

create or replace function datastore.said_seed(seed jsonb) returns table (seed_id uuid, name text)
language sql immutable parallel safe
begin atomic
  select (seed ->> 'seed_id')::uuid, case jsonb_typeof(seed) when 'string' then seed #>> '{}' else seed ->> 'seed_name' end
  where jsonb_typeof(seed) in ('string', 'object');
end;
comment on function datastore.said_seed(jsonb) is 'Key seed of a picture''s document: the species'' id, or its name. No row if none is said.';

create or replace function datastore.label_known(picture_ids uuid[]) returns void
language plpgsql volatile as $$
begin
  insert into datastore.seed (name)
  select distinct on (datastore.seed_key(said.name)) btrim(said.name)
  from datastore.picture
  cross join lateral datastore.said_seed(picture.document -> 'seed') as said
  where picture.picture_id = any (picture_ids) and said.seed_id is null and datastore.seed_key(said.name) <> ''
  on conflict (key) do nothing;

  delete from datastore.picture_label
  where picture_label.picture_id = any (picture_ids) and picture_label.origin = 'known';

  insert into datastore.picture_label (picture_id, container_id, seed_id, origin, labelled_by)
  select picture.picture_id, picture.container_id, seed.seed_id, 'known', datastore.acting_user()
  from datastore.picture
  cross join lateral datastore.said_seed(picture.document -> 'seed') as said
  join datastore.seed on seed.seed_id = said.seed_id or said.seed_id is null and seed.key = datastore.seed_key(said.name)
  where picture.picture_id = any (picture_ids);
end
$$;
comment on function datastore.label_known(uuid[]) is
  'Gives pictures the label that their own documents say (key seed). A species that nobody knows is registered as unreviewed.';
