-- Which of the tags in image_data.tags are personal is said here, and nowhere else.

create or replace function datastore.is_personal_tag(tag_group text, tag text, value jsonb) returns boolean
language sql immutable parallel safe
return case
  when value in ('""', 'null') then false
  -- A place
  when tag_group = 'gps' then true
  -- A person, or a device of theirs, whatever the value is
  when tag ~* 'serial|owner|artist|author|gps' then true
  when tag_group in ('tiff', 'exif', 'interop', 'thumbnail') then case
    -- A maker's own tag, which has no name here: opaque
    when tag ~ '^[0-9]+$' then true
    -- Numbers tell of optics and layout
    when not value @? 'lax $[*] ? (@.type() != "number" && @.type() != "null")' then false
    -- What ImageJ and tifffile write there of a stack's layout, and nothing else in it
    when tag = 'ImageDescription' then jsonb_typeof(value) <> 'string' or value #>> '{}' !~
      '^(\{"shape": \[[0-9, ]+\]\}|ImageJ=[0-9.a-z]{0,20}\n'
      '((images|channels|slices|frames|hyperstack|mode|unit|spacing|loop|min|max|finterval|fps)=[^\n]{0,30}\n?)*)$'
    -- Of texts and bytes, only these tell of no person: free text, a maker's note, XMP and IPTC may.
    else tag <> all (array[
      'Make', 'Model', 'UniqueCameraModel', 'LensMake', 'LensModel', 'Software', 'DateTime', 'DateTimeOriginal',
      'DateTimeDigitized', 'OffsetTime', 'OffsetTimeOriginal', 'OffsetTimeDigitized', 'SubsecTime',
      'SubsecTimeOriginal', 'SubsecTimeDigitized', 'ExifVersion', 'FlashPixVersion', 'InteropIndex', 'InteropVersion',
      'ComponentsConfiguration', 'SceneType', 'FileSource', 'CFAPattern', 'OECF', 'SpatialFrequencyResponse',
      'DeviceSettingDescription', 'ICCProfile', 'InterColorProfile', 'JPEGTables',
      'DNGVersion', 'DNGBackwardVersion'])
  end
  when tag_group = 'imagej' then case
    when tag in ('ImageJ', 'mode', 'unit', 'xunit', 'yunit', 'zunit', 'tunit') then
      jsonb_typeof(value) not in ('string', 'number') or char_length(value #>> '{}') > 30
    when tag in ('images', 'channels', 'slices', 'frames', 'hyperstack', 'spacing', 'loop', 'min', 'max', 'finterval',
                 'fps', 'xorigin', 'yorigin', 'zorigin', 'ranges')
      then value @? 'lax $[*] ? (@.type() != "number" && @.type() != "boolean")'
    else tag <> 'luts'
  end
  when tag_group = 'ome' then case
    when tag in ('microscopes', 'objectives', 'detectors')
      then value @? 'lax $[*].keyvalue() ? (@.key like_regex "serial|lot" flag "i")'
    else tag not in ('creator', 'acquisition_date', 'pixels', 'channels', 'images')
  end
  when tag_group = 'png' then case
    when tag in ('Software', 'Creation Time') then jsonb_typeof(value) <> 'string'
    when tag = 'color_type' then value not in ('"grey"', '"rgb"', '"palette"', '"grey+alpha"', '"rgba"')
    when tag = 'tIME' then value::text !~ '^"[0-9]{4,5}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z"$'
    when tag in ('interlaced', 'gAMA', 'cHRM', 'sRGB', 'acTL', 'pHYs', 'sBIT', 'bKGD', 'tRNS', 'hIST', 'iCCP', 'cICP',
                 'mDCV', 'cLLI')
      then value @? 'lax $[*] ? (@.type() == "string")'
    else true
  end
  when tag_group = 'jpeg' then tag not in ('jfif', 'adobe', 'progressive', 'icc_profile')
  when tag_group = 'webp' then tag not in ('lossless', 'icc_profile')
  when tag_group = 'gif' then tag not in ('version', 'loop')
  when tag_group in ('bmp', 'npy') then false
  -- Nothing is known of it.
  else true
end;
comment on function datastore.is_personal_tag(text, text, jsonb) is
  'Does a tag in image_data.tags tell, or could it tell, of a person, a place or a person''s device? That is: '
  'positions, names, serial numbers, texts in people''s own words, and what is opaque, such as a maker''s note, XMP '
  'or IPTC. The declaration of what is personal: the other functions ask this one.';

create or replace function datastore.public_group(tag_group text, tags jsonb) returns jsonb
language plpgsql immutable parallel safe
-- Planned once, and not for each group of each picture: that takes much longer than to look at the tags.
set plan_cache_mode = force_generic_plan
as $$
begin
  return case
    when tags = '{}' then tags
    when jsonb_typeof(tags) = 'object' then (
      select jsonb_object_agg(member.key, member.value)
      from jsonb_each(tags) as member
      where not datastore.is_personal_tag(tag_group, member.key, member.value))
  end;
end
$$;
comment on function datastore.public_group(text, jsonb) is
  'A group of tags without the personal ones; NULL if nothing is left, and for what is no object.';

create or replace function datastore.public_tags(tags jsonb) returns jsonb
language plpgsql immutable parallel safe
set plan_cache_mode = force_generic_plan
as $$
begin
  return case when tags is not null then (
    select coalesce(jsonb_object_agg(divided.key, divided.tags) filter (where divided.tags is not null), '{}')
    from (
      select tag_group.key, case
        when tag_group.key = 'tiff_pages' and jsonb_typeof(tag_group.value) = 'object' then (
          select jsonb_object_agg(page.key, datastore.public_group('tiff', page.value))
            filter (where datastore.public_group('tiff', page.value) is not null)
          from jsonb_each(tag_group.value) as page)
        when tag_group.key = 'tiff_sub_ifds' and jsonb_typeof(tag_group.value) = 'array' then (
          select jsonb_agg(coalesce(datastore.public_group('tiff', below.value), '{}') order by below.place)
          from jsonb_array_elements(tag_group.value) with ordinality as below(value, place))
        else datastore.public_group(tag_group.key, tag_group.value)
      end as tags
      from jsonb_each(case jsonb_typeof(tags) when 'object' then tags else '{}' end) as tag_group
    ) as divided
  ) end;
end
$$;
comment on function datastore.public_tags(jsonb) is
  'image_data.tags without what is personal: by group, a group of which nothing is left not at all. NULL for NULL.';

create or replace function datastore.without_personal_tags(document jsonb) returns jsonb
language sql immutable parallel safe
return case jsonb_typeof(document #> '{image_data,tags}')
  when 'object' then jsonb_set(document, '{image_data,tags}', datastore.public_tags(document #> '{image_data,tags}'))
  else document
end;
comment on function datastore.without_personal_tags(jsonb) is
  'A picture''s document without the personal tags in image_data.tags.';

create or replace function datastore.with_tags(image_data jsonb, kept jsonb, tags jsonb) returns text
language sql immutable parallel safe
return case
  when tags is null then datastore.with_kept(image_data, kept)
  else '{"tags": ' || tags::text || ', ' || right(datastore.with_kept(image_data, kept), -1)
end;
comment on function datastore.with_tags(jsonb, jsonb, jsonb) is
  'Section image_data, as text, with the unknown keys that a client put into it, and the tags of the file, if it '
  'has some. image_data: with at least one key.';
