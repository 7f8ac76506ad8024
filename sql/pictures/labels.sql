-- Pictures that are known to show a species

create or replace function datastore.seed_errors(documents jsonb)
returns table (instance_path text, keyword text, message text)
language sql stable parallel safe
begin atomic
  select '/' || (item.position - 1) || '/seed/seed_id', 'seed',
         case when seed.seed_id is null then 'there is no seed ' || (item.document #>> '{seed,seed_id}')
              else format('seed_id is %s, seed_name is %s: leave one out', to_json(seed.name),
                item.document #> '{seed,seed_name}') end
  from jsonb_array_elements(documents) with ordinality as item(document, position)
  left join datastore.seed on seed.seed_id = (item.document #>> '{seed,seed_id}')::uuid
  where (item.document #>> '{seed,seed_id}') is not null
    and (seed.seed_id is null
         or item.document #>> '{seed,seed_name}' is not null
            and coalesce(seed.merged_into,
              seed.seed_id) is distinct from datastore.seed_of_label(item.document #>> '{seed,seed_name}'));
end;
comment on function datastore.seed_errors(jsonb) is
  'Pictures'' documents whose seed is unknown, or whose seed_id and seed_name differ.';

create or replace function datastore.check_seeds(documents jsonb) returns void
language plpgsql stable as $$
declare
  errors jsonb := (
    select jsonb_agg(datastore.error_row(error.instance_path, error.keyword, error.message))
    from datastore.seed_errors(documents) as error);
begin
  if errors is not null then
    perform datastore.refuse('DS400', 'invalid picture document', errors);
  end if;
end
$$;
comment on function datastore.check_seeds(jsonb) is 'Raises DS400 for a seed that is unknown, or contradicts itself.';

create or replace function datastore.stated_seed(seed jsonb) returns table (seed_id uuid, name text)
language sql immutable parallel safe
begin atomic
  select (seed ->> 'seed_id')::uuid, case jsonb_typeof(seed) when 'string' then seed #>> '{}'
    else seed ->> 'seed_name' end
  where jsonb_typeof(seed) in ('string', 'object');
end;
comment on function datastore.stated_seed(jsonb) is
  'Key seed of a picture''s document: the species'' id, or its name. No row if none is said.';

create or replace function datastore.label_known(picture_ids uuid[], container_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
-- The foreign key of a label looks up its species, by a plan that a connection keeps from when there were few.
set enable_seqscan = off
as $$
#variable_conflict use_column
begin
  perform datastore.check_acting('datastore.picture_label');
  perform datastore.check_may_write(array[label_known.container_id]);
  perform datastore.learn_labels(array(
    select stated.name
    from datastore.picture
    cross join lateral datastore.stated_seed(picture.document -> 'seed') as stated
    where picture.picture_id = any (picture_ids) and picture.container_id = label_known.container_id
      and stated.seed_id is null));

  with shown as materialized (
    select picture.picture_id,
           case when stated.seed_id is not null then datastore.known_seed(stated.seed_id)
                else datastore.seed_of_label(stated.name) end as seed_id
    from datastore.picture
    cross join lateral datastore.stated_seed(picture.document -> 'seed') as stated
    where picture.picture_id = any (picture_ids) and picture.container_id = label_known.container_id
  ), gone as (
    delete from datastore.picture_label as label
    where label.picture_id = any (picture_ids) and label.container_id = label_known.container_id
      and label.origin = 'known'
      and not exists (
        select from shown where shown.picture_id = label.picture_id and shown.seed_id = label.seed_id)
  )
  insert into datastore.picture_label (picture_id, container_id, seed_id, origin)
  select shown.picture_id, label_known.container_id, shown.seed_id, 'known'
  from shown
  where shown.seed_id is not null
  on conflict do nothing;
end
$$;
comment on function datastore.label_known(uuid[], uuid) is
  'Gives pictures of a container the label that their own documents say (key seed), and takes away another that '
  'they stated before. An unknown species is registered as unreviewed. Errors: DS403.';
